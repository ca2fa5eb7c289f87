using System.Text;
using System.Text.Json;

namespace Bdia.Core.Text;

/// <summary>vocab.json and merges.txt of byte-level BPE.</summary>
internal static class BytePairFiles
{
    // Readers skip lines that begin with #version. What follows tells our own reader which rule cuts text into words.
    private const string Header = "#version";
    private const string TrainedHeader = "#version: 0.2 words: bdia-1";
    private const string SplitDigitsHeader = "#version: 0.2 words: bdia-2";

    public static BytePairModel Read(string vocabularyFile, string mergesFile)
    {
        var tokens = ReadVocabulary(vocabularyFile);
        var (merges, words) = ReadMerges(mergesFile);
        var model = new BytePairModel(tokens, merges, words);
        return model.Fault() is { } fault
            ? throw new InvalidDataException($"'{vocabularyFile}' and '{mergesFile}' do not make a byte-level BPE tokenizer. {fault}")
            : model;
    }

    public static void Write(BytePairModel model, string vocabularyFile, string mergesFile)
    {
        ArgumentException.ThrowIfNullOrEmpty(vocabularyFile);
        ArgumentException.ThrowIfNullOrEmpty(mergesFile);
        using (var stream = File.Create(vocabularyFile))
        using (var json = new Utf8JsonWriter(stream))
        {
            json.WriteStartObject();
            for (var id = 0; id < model.Tokens.Count; id++) json.WriteNumber(model.Tokens[id], id);
            json.WriteEndObject();
        }

        using var merges = new StreamWriter(mergesFile) { NewLine = "\n" };
        merges.WriteLine(model.Words switch
        {
            WordRule.Trained => TrainedHeader,
            WordRule.TrainedSplitDigits => SplitDigitsHeader,
            _ => $"{Header}: 0.2",
        });
        foreach (var (left, right) in model.Merges) merges.WriteLine($"{left} {right}");
    }

    private static string[] ReadVocabulary(string vocabularyFile)
    {
        const string Expected = "a JSON object of tokens and their ids, such as GPT-2's vocab.json, is expected";
        try
        {
            using var document = JsonDocument.Parse(new MemoryStream(TokenizerFile.ReadAll(vocabularyFile, nameof(vocabularyFile))));
            return document.RootElement.ValueKind == JsonValueKind.Object ? TokensById(document.RootElement, vocabularyFile)
                : throw new InvalidDataException($"'{vocabularyFile}' is a JSON {document.RootElement.ValueKind}; {Expected}.");
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter for names that are no text
        {
            throw new InvalidDataException($"'{vocabularyFile}' is no JSON ({fault.Message}); {Expected}.", fault);
        }
    }

    private static string[] TokensById(JsonElement vocabulary, string file)
    {
        var count = vocabulary.GetPropertyCount();
        var tokens = new string?[count];
        foreach (var entry in vocabulary.EnumerateObject())
        {
            if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id))
                throw new InvalidDataException(
                    $"'{file}': the id of token '{entry.Name}' is {entry.Value.GetRawText()}; ids must be whole numbers.");
            if (id < 0 || id >= count || tokens[id] is not null)
                throw new InvalidDataException(
                    $"'{file}': token '{entry.Name}' has the id {id}{(id < 0 || id >= count ? "" : $", as '{tokens[id]}' has")}; the "
                    + $"{count} tokens must have the ids 0 to {count - 1} without gaps.");
            tokens[id] = entry.Name;
        }

        return tokens!;
    }

    private static (List<(string Left, string Right)> Merges, WordRule Words) ReadMerges(string mergesFile)
    {
        var merges = new List<(string, string)>();
        var words = WordRule.Gpt2;
        using var lines = new StreamReader(new MemoryStream(TokenizerFile.ReadAll(mergesFile, nameof(mergesFile))), Encoding.UTF8);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.StartsWith(Header, StringComparison.Ordinal))
            {
                if (number == 1 && line == TrainedHeader) words = WordRule.Trained;
                if (number == 1 && line == SplitDigitsHeader) words = WordRule.TrainedSplitDigits;
                continue;
            }

            if (line.Length == 0) continue;
            if (line.Split(' ') is not [{ Length: > 0 } left, { Length: > 0 } right])
                throw new InvalidDataException(
                    $"'{mergesFile}', line {number}: '{line}' is no merge; each line must be two tokens with one space between, as in "
                    + "GPT-2's merges.txt.");
            merges.Add((left, right));
        }

        return (merges, words);
    }
}
