using System.Text;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.Translation.Data;
using Bdia.Samples.Translation.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.Samples.Translation;

/// <summary>
/// Translates lines from the command line, a pipe or the terminal. Nothing but translations goes to the standard output, a line each.
/// </summary>
internal static class Lines
{
    /// <summary>Translates texts; "-" stands for the lines of the standard input.</summary>
    public static void Translate(MLContext mlContext, BdiaSequenceToSequenceTransformer model, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
        {
            if (text != CommandLine.StandardInput) Write(mlContext, model, [text]);
            else if (Console.IsInputRedirected) Write(mlContext, model, Piped());
            else Converse(mlContext, model);
        }
    }

    /// <summary>Says what ML.NET and its trainers warn of, where it does not mix with translations.</summary>
    public static void Warn(object? sender, LoggingEventArgs e)
    {
        if (e.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine($"Note: {e.Source}: {e.RawMessage}");
    }

    /// <summary>In batches, read as they are needed.</summary>
    private static void Write(MLContext mlContext, BdiaSequenceToSequenceTransformer model, IEnumerable<string> lines)
    {
        var rows = mlContext.Data.LoadFromEnumerable(lines.Select(line => new TextPair { Source = line }));
        foreach (var row in mlContext.Data.CreateEnumerable<Translated>(model.Transform(rows), reuseRowObject: true)) Console.WriteLine(
            row.PredictedText);
    }

    private static IEnumerable<string> Piped()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        while (input.ReadLine() is { } line) yield return line;
    }

    /// <summary>Line by line, until an empty one or the end.</summary>
    private static void Converse(MLContext mlContext, BdiaSequenceToSequenceTransformer model)
    {
        using var engine = mlContext.Model.CreatePredictionEngine<TextPair, Translated>(model);
        Console.Error.WriteLine("A line to translate, an empty one to end:");
        while (Console.ReadLine() is { Length: > 0 } line) Console.WriteLine(engine.Predict(new() { Source = line }).PredictedText);
    }
}
