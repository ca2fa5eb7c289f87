using System.Globalization;
using System.Text;
using Bdia.Data.Texts;
using Bdia.Samples.TextClassification.Data;
using Bdia.Samples.TextClassification.Options;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.Samples.TextClassification;

/// <summary>Classifies texts from the command line or a pipe. A line each: class, a tab, its probability, a tab, the text.</summary>
internal static class Texts
{
    /// <summary>Classifies texts; "-" stands for the lines of the standard input.</summary>
    public static void Classify(MLContext mlContext, ITransformer model, IReadOnlyList<string> texts)
    {
        foreach (var text in texts)
        {
            var lines = text == CommandLine.StandardInput ? Piped() : [text];
            var rows = mlContext.Data.LoadFromEnumerable(lines.Select(line => new LabelledText { Text = line }));
            foreach (var row in mlContext.Data.CreateEnumerable<Classified>(model.Transform(rows), reuseRowObject: true))
                Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{row.PredictedLabel}\t{row.Score.Max():f3}\t{row.Text}"));
        }
    }

    /// <summary>Says what ML.NET and its trainers warn of, where it does not mix with classes.</summary>
    public static void Warn(object? sender, LoggingEventArgs e)
    {
        if (e.Kind >= ChannelMessageKind.Warning) Console.Error.WriteLine($"Note: {e.Source}: {e.RawMessage}");
    }

    private static IEnumerable<string> Piped()
    {
        using var input = new StreamReader(Console.OpenStandardInput(), Encoding.UTF8);
        while (input.ReadLine() is { } line) yield return line;
    }
}
