using System.Text;
using System.Text.Json;

namespace Bdia.Core.Text;

/// <summary>vocab.json and merges.txt of byte-level BPE.</summary>
internal static class BytePairFiles
{
    // Readers skip lines that begin with #version. What follows tells our own reader which rule cuts text into words.
    private const string Header = "#version";
    private const string TrainedHeader = "#version: 0.2 words: bdia-1";

    public static BytePairModel Read(string vocabularyFile, string mergesFile)
    {
        var tokens = ReadVocabulary(vocabularyFile);
        var (merges, words) = ReadMerges(mergesFile);
        var model = new BytePairModel(tokens, merges, words);
        return model.Fault() is { } fault ? throw new InvalidDataException($"'{vocabularyFile}' and '{mergesFile}' do not make a byte-level BPE tokenizer. {fault}") : model;
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
        merges.WriteLine(model.Words == WordRule.Trained ? TrainedHeader : $"{Header}: 0.2");
        foreach (var (left, right) in model.Merges) merges.WriteLine($"{left} {right}");
    }

    private static string[] ReadVocabulary(string file)
    {
        const string Expected = "a JSON object of tokens and their ids, such as GPT-2's vocab.json, is expected";
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(ReadAll(file, nameof(file)));
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{file}' is no JSON ({fault.Message}); {Expected}.", fault);
        }

        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object) throw new InvalidDataException($"'{file}' is a JSON {document.RootElement.ValueKind}; {Expected}.");
            var count = document.RootElement.GetPropertyCount();
            var tokens = new string?[count];
            foreach (var entry in document.RootElement.EnumerateObject())
            {
                if (entry.Value.ValueKind != JsonValueKind.Number || !entry.Value.TryGetInt32(out var id))
                    throw new InvalidDataException($"'{file}': the id of token '{entry.Name}' is {entry.Value.GetRawText()}; ids are whole numbers.");
                if (id < 0 || id >= count || tokens[id] is not null)
                    throw new InvalidDataException($"'{file}': token '{entry.Name}' has the id {id}{(id < 0 || id >= count ? "" : $", as '{tokens[id]}' has")}; the {count} tokens must have the ids 0 to {count - 1} without gaps.");
                tokens[id] = entry.Name;
            }

            return tokens!;
        }
    }

    private static (List<(string Left, string Right)> Merges, WordRule Words) ReadMerges(string file)
    {
        var merges = new List<(string, string)>();
        var words = WordRule.Gpt2;
        using var lines = new StreamReader(new MemoryStream(ReadAll(file, nameof(file))), Encoding.UTF8);
        for (var number = 1; lines.ReadLine() is { } line; number++)
        {
            if (line.StartsWith(Header, StringComparison.Ordinal))
            {
                if (number == 1 && line == TrainedHeader) words = WordRule.Trained;
                continue;
            }

            if (line.Length == 0) continue;
            var parts = line.Split(' ');
            if (parts.Length != 2 || parts[0].Length == 0 || parts[1].Length == 0)
                throw new InvalidDataException($"'{file}', line {number}: '{line}' is no merge; each line must be two tokens with one space between, as in GPT-2's merges.txt.");
            merges.Add((parts[0], parts[1]));
        }

        return (merges, words);
    }

    private static byte[] ReadAll(string file, string what)
    {
        ArgumentException.ThrowIfNullOrEmpty(file, what);
        return File.Exists(file) ? File.ReadAllBytes(file) : throw new FileNotFoundException($"There is no file '{file}'; give the path of an existing one.", file);
    }
}
