using System.CommandLine;
using Bdia.Core.Onnx;
using Bdia.Data.Files;
using Bdia.MLNet;
using Bdia.Tool.Models;
using Microsoft.ML;

namespace Bdia.Tool.CommandLine;

/// <summary><c>bdia export</c>: a model in the form of other programs.</summary>
internal static class ExportCommand
{
    public static Command Create(Invocation invocation)
    {
        var model = new Argument<string>("MODEL") { Description = "A model file." };
        var onnx = new Option<string>("--onnx")
        {
            HelpName = "PATH", Required = true,
            Description = "The .onnx file of a model of pictures, or the folder for the files of a model of texts.",
        };
        var small = OptionKinds.Switch("--int8", "Weights in 8 bits: a quarter of the size, and scores that differ a little.");
        var command = new Command("export", "Writes a model as ONNX, for ONNX Runtime and other programs.") { model, onnx, small };
        invocation.Act(command, result =>
        {
            using var loaded = SavedModel.Load(new MLContext(1), result.GetValue(model)!);
            var path = result.GetValue(onnx)!;
            var options = new OnnxOptions { Weights = result.GetValue(small) ? OnnxWeights.Int8 : OnnxWeights.Float32 };
            try
            {
                switch (loaded.Model)
                {
                    case BdiaImageClassificationTransformer pictures: pictures.SaveOnnx(path, options); break;
                    case BdiaTextClassificationTransformer texts: texts.SaveOnnx(path, options); break;
                    case BdiaSequenceToSequenceTransformer translator: translator.SaveOnnx(path, options); break;
                    case BdiaTextGenerationTransformer writer: writer.SaveOnnx(path, options); break;
                }
            }
            catch (Exception fault) when (WholeFile.Explained(path, fault) is { } explained)
            {
                throw explained;
            }

            invocation.Console.Say($"written: {path}");
            return ExitCode.Success;
        });
        return command;
    }
}
