using Bdia.Docs.Tests;
using Bdia.MLNet;
using Microsoft.ML;

var mlContext = new MLContext(seed: 1);
Given.TextModel("model.zip");
using var model = mlContext.Model.Load("model.zip", out _).Part<BdiaSequenceToSequenceTransformer>();
