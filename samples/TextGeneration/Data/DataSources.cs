using System.Text;
using Bdia.Data;
using Bdia.Data.Files;
using Bdia.Samples.Common.Data;
using Bdia.Samples.TextGeneration.Options;
using Bdia.Samples.TextGeneration.Stories;

namespace Bdia.Samples.TextGeneration.Data;

/// <summary>Finds out what --data names and reads it.</summary>
internal static class DataSources
{
    /// <summary>Rows that are made where --train-rows and --test-rows do not say.</summary>
    public const int MadeTrainRows = 8_000, MadeTestRows = 500;

    private const int Prompts = 8, MostHeldOut = 1_000;

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads what --data names, or makes stories where it is not given.</summary>
    /// <exception cref="InputException">It is not there, or holds too little text.</exception>
    public static TextData Load(SampleOptions options)
    {
        var data = options.Data is null ? Made(options) : Read(options.Data, options);
        return options.Prompts.Count == 0 ? data
            : data with { Prompts = [.. options.Prompts.Select(prompt => new TextRow { Text = prompt })] };
    }

    private static TextData Made(SampleOptions options)
    {
        var test = StoryBook.Rows(options.TestRows ?? MadeTestRows, options.Seed, isTest: true);
        return new()
        {
            Name = "stories made by this sample",
            Train = StoryBook.Rows(options.TrainRows ?? MadeTrainRows, options.Seed, isTest: false),
            Test = test,
            Prompts = [.. test.Select(StoryBook.Prompt)],
            IsOneText = false,
            LeastBitsPerByte = StoryBook.Bits / test.Average(row => row.Text.Length),
        };
    }

    private static TextData Read(string path, SampleOptions options)
    {
        if (!File.Exists(path)) throw new InputException($"There is no file {path}. Check --data.");
        var isTable = DataFile.PlainName(path).EndsWith(".tsv", StringComparison.OrdinalIgnoreCase);
        var lines = Text(path).ReplaceLineEndings("\n").Split('\n');
        var isOneText = !isTable && !options.Rows;
        if (isTable) lines = [.. lines.Select(line => line.Split('\t')[0])];
        if (!isOneText) lines = [.. lines.Where(line => !string.IsNullOrWhiteSpace(line))];
        if (options.TrainRows is { } few) lines = lines[..Math.Min(lines.Length, few + (options.TestRows ?? 1 + few / 20))];
        if (lines.Length < 2)
            throw new InputException($"{path} has {lines.Length} line(s) of text; at least 2 are needed, so that some can be held out.");
        if (!isOneText) new Random(options.Seed).Shuffle(lines);
        // Of one text the end, of many those that chance takes.
        var held = Math.Min(lines.Length - 1, options.TestRows ?? Math.Clamp(lines.Length / 20, 1, isOneText ? lines.Length : MostHeldOut));
        TextRow[] rows = [.. lines.Select(line => new TextRow { Text = line })];
        var test = rows[^held..];
        return new()
        {
            Name = Path.GetFileName(path),
            Train = rows[..^held],
            Test = isOneText ? [new() { Text = string.Join('\n', test.Select(row => row.Text)) }] : test,
            Prompts = [.. test.Where(row => row.Text.Contains(' ', StringComparison.Ordinal)).Take(Prompts).Select(FirstWords)],
            IsOneText = isOneText,
        };
    }

    private static TextRow FirstWords(TextRow row) => new() { Text = string.Join(' ', row.Text.Split(' ').Take(2)) };

    private static string Text(string path)
    {
        try
        {
            return Strict.GetString(DataFile.ReadAll(path)).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException fault)
        {
            throw new InputException($"{path}: byte {fault.Index + 1} is no UTF-8. Convert the file from its encoding (iconv -f "
                + "ISO-8859-1 -t UTF-8, say).", fault);
        }
    }
}
