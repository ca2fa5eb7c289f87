// dotnet run --project __NAME__.ConsoleApp -- INPUT...            what the model makes of each
// dotnet run --project __NAME__.ConsoleApp -- train DATA OUT      trains it again, and writes OUT

using System.Text.Json;
using __NAME___ConsoleApp;
using __NAME___Model;
using Bdia.Data;
using Microsoft.ML;

const int Usage = 2, BadInput = 3, ModelNotUsable = 4;

try
{
    if (args is not ["train", var data, var output]) return args.Length == 0 ? Misused() : Predict();
    __NAME__.Train(data, output);
    Console.WriteLine($"The model is in {output}.");
    return 0;
}
catch (Exception fault) when (fault is InputException or ModelFileException)
{
    Console.Error.WriteLine($"Error: {fault.Message}");
    return fault is InputException ? BadInput : ModelNotUsable;
}

int Misused()
{
    Console.Error.WriteLine(Arguments.Usage);
    return Usage;
}

int Predict()
{
    var mlContext = new MLContext();
    var model = __NAME__.Load(mlContext, __NAME__.ModelPath);
    using var engine = mlContext.Model.CreatePredictionEngine<__NAME__.ModelInput, __NAME__.ModelOutput>(model);
    var bad = 0;
    foreach (var argument in args)
    {
        try
        {
            var answer = __NAME__.Describe(model, engine.Predict(Arguments.Input(argument)));
            Console.WriteLine($"{argument}\t{JsonSerializer.Serialize(answer)}");
        }
        catch (Exception fault) when (fault is IOException || fault.GetBaseException() is InvalidDataException)
        {
            bad++;
            Console.Error.WriteLine($"{argument}: {fault.GetBaseException().Message}");
        }
    }

    return bad == 0 ? 0 : BadInput;
}
