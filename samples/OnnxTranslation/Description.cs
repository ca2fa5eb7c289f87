using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bdia.Samples.OnnxTranslation;

/// <summary>What stands in translator.json.</summary>
internal sealed record Description(
    int FormatVersion, SpecialIds Ids, NetworkSizes Network, TextBounds Bounds, DecodingRules Decoding, TokenizerParts SourceTokenizer,
    TokenizerParts? TargetTokenizer)
{
    private const int Known = 1;

    private static readonly JsonSerializerOptions json = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true, RespectRequiredConstructorParameters = false,
    };

    /// <exception cref="InvalidDataException">The file is of a newer version, or damaged.</exception>
    public static Description Read(string path)
    {
        try
        {
            using var stream = File.OpenRead(path);
            var description = JsonSerializer.Deserialize<Description>(stream, json)!;
            return description.FormatVersion == Known ? description : throw new InvalidDataException(
                $"'{path}' has format version {description.FormatVersion}; this program reads version {Known}. Use a newer one.");
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException($"'{path}' is damaged: {fault.Message} Save the model again.", fault);
        }
    }
}

/// <summary>The network's ids that no token of a tokenizer has.</summary>
internal sealed record SpecialIds(int Padding, int Start, int End, int FirstToken);

/// <summary>Sizes of the decoder.</summary>
internal sealed record NetworkSizes(int DecoderBlocks, int Heads, int HeadSize, int SourceVocabulary, int TargetVocabulary);

/// <summary>Most tokens of a source and of an output, end tokens counted, and what becomes of longer sources.</summary>
internal sealed record TextBounds(int Source, string LongTexts, int Output);

/// <summary>How the model writes.</summary>
internal sealed record DecodingRules(int BeamSize, double LengthPenalty, double MaxLengthRatio, int MaxLengthConstant)
{
    /// <summary>Everything else that the file says.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement> Others { get; init; } = [];

    // What others may be without another output coming of it. Seed, temperature and their like play no part in a search.
    private static readonly Dictionary<string, string> neutral = new()
    {
        ["sample"] = "false", ["minLength"] = "0", ["noRepeatNgram"] = "0", ["repetitionPenalty"] = "1", ["prefix"] = "\"\"",
        ["unwantedTexts"] = "[]", ["stopTexts"] = "[]", ["oneOf"] = "[]", ["onlyWords"] = "[]", ["pattern"] = "null",
        ["jsonShape"] = "null",
    };

    private static readonly HashSet<string> ignored = ["bestCount", "temperature", "topK", "topP", "seed", "useCache"];

    /// <exception cref="NotSupportedException">The model writes by a rule that this program has not.</exception>
    public void RequireSearch()
    {
        var strange = Others.Where(other => !ignored.Contains(other.Key)
            && neutral.GetValueOrDefault(other.Key) != other.Value.GetRawText()).ToArray();
        if (strange.Length > 0)
            throw new NotSupportedException(
                $"The model writes with {string.Join(", ", strange.Select(one => $"{one.Key} = {one.Value}"))}, which this program does "
                + "not know: it searches, greedily or with a beam. Set the model's Decoding otherwise and save again.");
    }

    /// <summary>What a log-probability is divided by.</summary>
    public double Penalty(int tokens) => Math.Pow((5.0 + tokens) / 6, LengthPenalty);

    /// <summary>Tokens of the longest output for a source, end tokens counted.</summary>
    public int LongestOutput(int source) => Math.Max(1, (int)Math.Min(MaxLengthRatio * source + MaxLengthConstant, int.MaxValue));
}

/// <summary>A tokenizer.</summary>
internal sealed record TokenizerParts(string Kind, NormalizationRules Normalization)
{
    public IReadOnlyList<string>? Tokens { get; init; }

    public IReadOnlyList<string>? Merges { get; init; }

    public string? Pattern { get; init; }

    public IReadOnlyList<string>? Symbols { get; init; }
}

/// <summary>What is done to a text before it is cut into tokens.</summary>
internal sealed record NormalizationRules(string? Form, bool CollapseWhiteSpace, bool LowerCase);
