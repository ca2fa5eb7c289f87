using Bdia.Docs.Tests;
using Bdia.MLNet;
using Microsoft.ML;

var mlContext = new MLContext(1);
var train = mlContext.Transforms.Conversion.MapValueToKey("Label", "Name")
    .Fit(mlContext.Data.LoadFromEnumerable(Given.Pictures())) is var keys
    ? keys.Transform(mlContext.Data.LoadFromEnumerable(Given.Pictures())) : null!;
var options = new BdiaImageClassificationTrainer.Options { FeatureColumnName = "File" };
