// dotnet run --project __NAME__.ConsoleApp -- INPUT...            what the model makes of each
// dotnet run --project __NAME__.ConsoleApp -- train DATA OUT      trains it again, and writes OUT

using System.Text.Json;
using __NAME___ConsoleApp;
using __NAME___Model;
using Microsoft.ML;

if (args is ["train", var data, var output])
{
    __NAME__.Train(data, output);
    Console.WriteLine($"The model is in {output}.");
    return 0;
}

if (args.Length == 0)
{
    Console.Error.WriteLine(Arguments.Usage);
    return 2;
}

var mlContext = new MLContext();
var model = __NAME__.Load(mlContext, __NAME__.ModelPath);
using var engine = mlContext.Model.CreatePredictionEngine<__NAME__.ModelInput, __NAME__.ModelOutput>(model);
var bad = 0;
foreach (var argument in args)
{
    try
    {
        Console.WriteLine($"{argument}\t{JsonSerializer.Serialize(__NAME__.Describe(model, engine.Predict(Arguments.Input(argument))))}");
    }
    catch (Exception fault) when (fault is IOException || fault.GetBaseException() is InvalidDataException)
    {
        bad++;
        Console.Error.WriteLine($"{argument}: {fault.GetBaseException().Message}");
    }
}

return bad == 0 ? 0 : 3;
