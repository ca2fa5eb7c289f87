using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Automata;
using Bdia.Core.Common;

namespace Bdia.Core.Decoding;

// When two are the same, and what values they may have.
public sealed partial record DecodingOptions
{
    private const int MostTokens = 10_000, LongestNgram = 100, MostCharacters = 20_000, MostListed = 1_000_000;

    private static readonly JsonSerializerOptions AsJson = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Whether all options have the same values; lists of texts are compared text by text.</summary>
    /// <param name="other">Other options, or null.</param>
    public bool Equals(DecodingOptions? other) => other is not null && (ReferenceEquals(this, other) || Told() == other.Told());

    /// <inheritdoc/>
    public override int GetHashCode() => Told().GetHashCode(StringComparison.Ordinal);

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => OptionFaults.Validate(nameof(DecodingOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        CheckSearch(faults);
        CheckSampling(faults);
        CheckRules(faults);
    }

    /// <summary>The same options with <see cref="Sample"/> off, and with it what needs it: temperature, top-k and top-p.</summary>
    public DecodingOptions WithoutSampling() => this with { Sample = false, Temperature = 1, TopK = 0, TopP = 1 };

    private void CheckSearch(OptionFaults faults)
    {
        faults.Require(BeamSize is >= 1 and <= 100, nameof(BeamSize), BeamSize, "1..100");
        faults.Require(LengthPenalty is >= 0 and <= 5, nameof(LengthPenalty), LengthPenalty, "0..5");
        faults.Require(BestCount is >= 1 and <= 100, nameof(BestCount), BestCount, "1..100");
        faults.Require(Sample || BestCount <= BeamSize
            || BeamSize < 1, nameof(BestCount), BestCount, $"at most BeamSize, {BeamSize}, unless Sample is on");
        faults.Require(MaxLengthRatio is >= 0 and <= 100, nameof(MaxLengthRatio), MaxLengthRatio, "0..100");
        faults.Require(MaxLengthConstant is null
            or (>= 0 and <= MostConstant), nameof(MaxLengthConstant), MaxLengthConstant, "0..10,000, or null (fitted)");
    }

    private void CheckSampling(OptionFaults faults)
    {
        const string NeedsSample = "unless Sample is on, since nothing is drawn without it";
        var temperature = Temperature is > 0 and <= 100;
        faults.Require(temperature, nameof(Temperature), Temperature, "above 0 and at most 100");
        faults.Require(TopK >= 0, nameof(TopK), TopK, "0 (all) or more");
        faults.Require(TopP is > 0 and <= 1, nameof(TopP), TopP, "above 0 and at most 1");
        if (Sample) return;
        faults.Require(Temperature == 1 || !temperature, nameof(Temperature), Temperature, $"1 {NeedsSample}");
        faults.Require(TopK <= 0, nameof(TopK), TopK, $"0 {NeedsSample}");
        faults.Require(TopP is 1 or not (> 0 and <= 1), nameof(TopP), TopP, $"1 {NeedsSample}");
    }

    private void CheckRules(OptionFaults faults)
    {
        faults.Require(MinLength is >= 0 and <= MostTokens, nameof(MinLength), MinLength, "0..10,000");
        faults.Require(NoRepeatNgram is >= 0 and <= LongestNgram, nameof(NoRepeatNgram), NoRepeatNgram, "0 (off)..100");
        faults.Require(RepetitionPenalty is >= 1 and <= 10, nameof(RepetitionPenalty), RepetitionPenalty, "1 (off)..10");
        faults.Require(Prefix is not null, nameof(Prefix), Prefix, "a text, which may be empty");
        CheckTexts(faults, nameof(UnwantedTexts), UnwantedTexts, MostCharacters);
        CheckTexts(faults, nameof(StopTexts), StopTexts, MostCharacters);
        CheckTexts(faults, nameof(OneOf), OneOf, MostListed);
        CheckTexts(faults, nameof(OnlyWords), OnlyWords, MostListed);
        if (OneOf is not null && OnlyWords is not null && StopTexts is not null) CheckShape(faults);
    }

    private void CheckShape(OptionFaults faults)
    {
        string[] given = [.. new[] { (nameof(OneOf), OneOf.Count > 0), (nameof(OnlyWords), OnlyWords.Count > 0),
            (nameof(Pattern), Pattern is not null), (nameof(JsonShape), JsonShape is not null) }
            .Where(option => option.Item2).Select(option => option.Item1)];
        if (given.Length > 1)
            faults.Add($"{string.Join(" and ", given)} are given together; give one of them, which says what an output may be.");
        if (given.Length > 0 && StopTexts.Count > 0)
            faults.Add($"StopTexts and {given[0]} are both given; an output that must be whole cannot end at another place.");
        CheckReadable(faults, nameof(Pattern), Pattern, PatternParser.Parse);
        CheckReadable(faults, nameof(JsonShape), JsonShape, JsonShapeParser.Parse);
    }

    private static void CheckReadable(OptionFaults faults, string option, string? value, Func<string, Grammar> parse)
    {
        if (value is null) return;
        try
        {
            _ = new ByteAutomaton(parse(value));
        }
        catch (FormatException fault)
        {
            faults.Add($"{option} cannot be used: {fault.Message}.");
        }
    }

    private static void CheckTexts(OptionFaults faults, string option, IReadOnlyList<string>? texts, int most)
    {
        faults.Require(texts is not null, option, texts, "a list of texts, which may be empty");
        for (var i = 0; i < texts?.Count; i++)
            faults.Require(!string.IsNullOrEmpty(texts[i]), $"{option}[{i}]", texts[i] is null ? null : "empty",
                "a text of one character or more");
        var characters = texts?.Sum(text => text?.Length ?? 0);
        faults.Require(characters is null || characters <= most, option, $"of {characters} characters",
            $"of {most} together at most");
    }

    private string Told() => JsonSerializer.Serialize(this, AsJson);
}
