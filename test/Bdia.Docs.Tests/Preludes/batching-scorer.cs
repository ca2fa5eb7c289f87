using Bdia.Docs.Tests;
using Bdia.MLNet;
using Microsoft.ML;

var mlContext = new MLContext(1);
Given.PictureModel("model.zip");
var model = mlContext.Model.Load("model.zip", out _);
var newModel = mlContext.Model.Load("model.zip", out _);
var upload = new Upload { File = Given.Pictures(1)[0].File };

class Upload
{
    public byte[] File { get; set; } = [];
    public string Name { get; set; } = "";
}

class Answer
{
    public float[] Score { get; set; } = [];
}
