using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Bdia.Core.Text;

/// <summary>
/// A tokenizer.json of Hugging Face: byte-level BPE that cuts words as GPT-2 does. Of all else that such a file can ask for, a part is
/// either without influence on ids, or the file is refused by that part's name.
/// </summary>
/// <param name="Model">The byte pairs; added tokens that the vocabulary lacks stand behind them.</param>
/// <param name="Form">Unicode form that texts are brought to, if any.</param>
/// <param name="Added">Tokens that stay whole wherever a text has them, with their ids.</param>
internal sealed record HuggingFaceFile(BytePairModel Model, NormalizationForm? Form, IReadOnlyDictionary<string, int> Added)
{
    /// <summary>Whether JSON is such a file.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> content)
        => TokenizerFile.LooksLikeJson(content) && content.IndexOf("\"model\""u8) >= 0 && content.IndexOf("\"pre_tokenizer\""u8) >= 0;

    /// <summary>Reads one.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or asks for what is not known here; the message lists all of that.</exception>
    public static HuggingFaceFile Read(string file, byte[] content)
    {
        try
        {
            var root = JsonNode.Parse(content)!.AsObject();
            var faults = new List<string>();
            var model = root["model"]?.AsObject() ?? throw new InvalidDataException($"'{file}' has no model.");
            var form = ReadForm(root["normalizer"], faults);
            CheckWords(root["pre_tokenizer"], faults);
            CheckModel(model, faults);
            var added = ReadAdded(root["added_tokens"], faults);
            if (faults.Count > 0)
                throw new InvalidDataException(
                    $"'{file}' is a tokenizer.json of a kind that this library does not read: {string.Join("; ", faults)}. It reads "
                    + "byte-level BPE (GPT-2's kind). Give a SentencePiece *.model or a vocab.json with merges.txt where the tokenizer has "
                    + "one, or a tokenizer of your own (ITextTokenizer).");
            var pairs = new BytePairModel(Tokens(file, model, added), Merges(file, model), WordRule.Gpt2Characters);
            return pairs.Fault() is { } fault ? throw new InvalidDataException($"'{file}' is no byte-level BPE tokenizer. {fault}")
                : new HuggingFaceFile(pairs, form, added);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException or FormatException or ArgumentException)
        {
            throw new InvalidDataException($"'{file}' is no tokenizer.json that can be read: {fault.Message}", fault);
        }
    }

    private static NormalizationForm? ReadForm(JsonNode? normalizer, List<string> faults)
    {
        if (normalizer is null) return null;
        switch (Type(normalizer))
        {
            case "NFC": return NormalizationForm.FormC;
            case "NFD": return NormalizationForm.FormD;
            case "NFKC": return NormalizationForm.FormKC;
            case "NFKD": return NormalizationForm.FormKD;
            case "Sequence" when normalizer["normalizers"]?.AsArray() is { Count: <= 1 } parts:
                return parts.Count == 0 ? null : ReadForm(parts[0], faults);
            default:
                faults.Add($"normalizer {Type(normalizer)}");
                return null;
        }
    }

    private static void CheckWords(JsonNode? words, List<string> faults)
    {
        if (words is not null && Type(words) == "Sequence" && words["pretokenizers"]?.AsArray() is [{ } only]) words = only;
        if (words is null || Type(words) != "ByteLevel")
        {
            var parts = words?["pretokenizers"]?.AsArray().Select(part => Type(part!));
            var kind = words is null ? "null" : Type(words);
            faults.Add($"pre_tokenizer {kind}{(parts is null ? "" : $" of {string.Join(" and ", parts)}")}");
        }
        else
        {
            if (Flag(words, "add_prefix_space", true)) faults.Add("pre_tokenizer ByteLevel with add_prefix_space");
            if (!Flag(words, "use_regex", true)) faults.Add("pre_tokenizer ByteLevel without use_regex");
        }
    }

    private static void CheckModel(JsonObject model, List<string> faults)
    {
        // Files of early releases do not name the kind; theirs is the one that has merges.
        var kind = model["type"] is { } type ? (string?)type : model["merges"] is null ? "without a type" : "BPE";
        if (kind != "BPE")
        {
            faults.Add($"model {kind}");
            return;
        }

        if (model["dropout"] is { } dropout && (double)dropout != 0) faults.Add($"BPE dropout {dropout}");
        foreach (var name in (string[])["continuing_subword_prefix", "end_of_word_suffix"])
            if (model[name] is { } affix && (string?)affix is { Length: > 0 } text) faults.Add($"BPE {name} '{text}'");
        foreach (var name in (string[])["byte_fallback", "ignore_merges"])
            if (Flag(model, name, false)) faults.Add($"BPE {name}");
    }

    private static Dictionary<string, int> ReadAdded(JsonNode? tokens, List<string> faults)
    {
        var added = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var token in tokens?.AsArray() ?? [])
        {
            var text = (string?)token!["content"] ?? "";
            foreach (var name in (string[])["single_word", "lstrip", "rstrip"])
                if (Flag(token, name, false)) faults.Add($"added token '{text}' with {name}");
            if (text.Length == 0 || !added.TryAdd(text, (int)token["id"]!))
                faults.Add($"added token '{text}', which is empty or stands twice");
        }

        return added;
    }

    // By id: the vocabulary, and behind it the added tokens that it lacks.
    private static string[] Tokens(string file, JsonObject model, Dictionary<string, int> added)
    {
        var vocabulary = model["vocab"]?.AsObject() ?? throw new InvalidDataException($"'{file}': its model has no vocab.");
        var entries = vocabulary.Select(entry => (Token: entry.Key, Id: (int)entry.Value!))
            .Concat(added.Where(entry => !vocabulary.ContainsKey(entry.Key)).Select(entry => (Token: entry.Key, Id: entry.Value))).ToList();
        var tokens = new string?[entries.Count];
        foreach (var (token, id) in entries)
        {
            if (id < 0 || id >= tokens.Length || tokens[id] is not null)
                throw new InvalidDataException($"'{file}': token '{token}' has the id {id}; the {tokens.Length} tokens must have the ids "
                    + $"0 to {tokens.Length - 1}, each once.");
            tokens[id] = token;
        }

        foreach (var (token, id) in added)
            if (id < 0 || id >= tokens.Length || tokens[id] != token)
                throw new InvalidDataException($"'{file}': added token '{token}' has the id {id}, and another in the vocabulary.");
        return tokens!;
    }

    private static List<(string, string)> Merges(string file, JsonObject model)
        => [.. (model["merges"]?.AsArray() ?? []).Select(merge => merge switch
        {
            JsonArray and [{ } left, { } right] => ((string)left!, (string)right!),
            JsonValue pair when ((string?)pair)?.Split(' ') is [{ Length: > 0 } left, { Length: > 0 } right] => (left, right),
            _ => throw new InvalidDataException($"'{file}': {merge?.ToJsonString() ?? "null"} is no merge of two tokens."),
        })];

    private static string Type(JsonNode node) => (string?)node["type"] ?? "without a type";

    private static bool Flag(JsonNode node, string name, bool otherwise) => node[name] is { } value ? (bool)value : otherwise;
}
