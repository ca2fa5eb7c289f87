using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextGeneration;

/// <summary>The data of a run: the tokenizer, texts to train on, texts to validate on.</summary>
/// <param name="Tokenizer">The tokenizer.</param>
/// <param name="Training">Texts to train on, as ids with end token, at least one.</param>
/// <param name="Validation">Texts to validate on; null where there are none.</param>
/// <param name="Hashes">SHA-256 of tokenizer and texts, by name.</param>
internal sealed record GenerationData(
    ITextTokenizer Tokenizer, TokenStore Training, TokenStore? Validation, IReadOnlyDictionary<string, string> Hashes)
{
    private const string ValidationData = "ValidationData";

    /// <summary>Of <see cref="Identity"/>, what only the steps to come depend on, and how they are judged.</summary>
    public static IReadOnlyCollection<string> Adjustable { get; } =
    [
        .. RunIdentity.AdjustableOf(nameof(LanguageModelOptions)), Name(nameof(GenerationTrainingOptions.Decoding)),
        Name(nameof(GenerationTrainingOptions.AverageEpochs)), Name(nameof(GenerationTrainingOptions.AverageOf)), ValidationData,
    ];

    /// <summary>Of <see cref="Identity"/>, what decides how weights are judged.</summary>
    public static IReadOnlyCollection<string> Judgement { get; } =
        [.. RunIdentity.JudgementOf(nameof(LanguageModelOptions)), ValidationData];

    /// <summary>
    /// Reads the rows: once to see what there is, once more to train a tokenizer where none is given, once to keep their ids.
    /// </summary>
    public static GenerationData Read(
        GenerationTrainingOptions options, ulong seed, ITexts train, ITexts? validation, IProgress<TrainingNote>? notes, StopSignal stop,
        CancellationToken cancellation)
    {
        var source = TextSource.Of("training", train, options, validation is null ? options.ValidationFraction : 0, seed, stop);
        var tokenizer = options.Tokenizer ?? Train(source, options, notes, cancellation);
        var hashes = new Dictionary<string, string> { ["Tokenizer.SHA-256"] = Hash(tokenizer) };
        var kept = Ids("training", tokenizer, source.Kept(), notes);
        if (kept.Count == 0)
            throw new InvalidDataException("The tokenizer makes no tokens of the training texts; use one that can write them.");
        hashes.Add("TrainingData.SHA-256", source.Hash);
        var held = Ids("validation", tokenizer, source.Held(), notes);
        if (source.Empty > 0) notes?.Report(new($"{source.Empty} training rows are empty, and are left out.", IsWarning: true));
        if (validation is not null)
        {
            var own = TextSource.Of("validation", validation, options, 0, seed, stop);
            held = Ids("validation", tokenizer, own.Kept(), notes);
            hashes.Add($"{ValidationData}.SHA-256", own.Hash);
            if (held.Count == 0)
                throw new InvalidDataException("The validation data has no usable text; give it at least one, or none at all to have some "
                    + "of the training rows held back.");
        }

        notes?.Report(new(Sizes(options, kept, held, validation is not null)));
        return new GenerationData(tokenizer, kept, held.Count > 0 ? held : null, hashes);
    }

    /// <summary>Tokens of a batch of this data.</summary>
    public int BatchTokens(GenerationTrainingOptions options) => options.BatchTokens(Training.Ids);

    /// <summary>What a checkpoint must have been written with to be resumed on this data.</summary>
    public IReadOnlyDictionary<string, string> Identity(LanguageModelOptions model, GenerationTrainingOptions options, int parts)
    {
        var identity = RunIdentity.Flatten(nameof(LanguageModelOptions), model);
        // A tokenizer counts by what it does, which its hash tells.
        foreach (var (name, value) in RunIdentity.Flatten(nameof(GenerationTrainingOptions), options with { Tokenizer = null }))
            identity.Add(name, value);
        if (parts > 1) identity.Add(RunIdentity.Parts, $"{parts}"); // accumulation alone does not tell cut batches from whole ones
        // of no effect where validation rows are given
        if (Hashes.ContainsKey($"{ValidationData}.SHA-256")) identity.Remove(Name(nameof(options.ValidationFraction)));
        identity.Add("TrainingData.Rows", $"{Training.Count}");
        identity.Add($"{ValidationData}.Rows", $"{Validation?.Count ?? 0}");
        foreach (var (name, value) in Hashes) identity.Add(name, value);
        return identity;
    }

    private static string Name(string option) => $"{nameof(GenerationTrainingOptions)}.{option}";

    private static ITextTokenizer Train(TextSource source, GenerationTrainingOptions options, IProgress<TrainingNote>? notes,
        CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var tokenizer = TextTokenizer.Train(source.Kept(), options.TokenizerTraining, cancellation);
        notes?.Report(new(FormattableString.Invariant(
            $"The tokenizer has {tokenizer.Size} tokens, and took {watch.Elapsed.TotalSeconds:F1} s to train.")));
        return tokenizer;
    }

    private static TokenStore Ids(string what, ITextTokenizer tokenizer, IEnumerable<string> texts, IProgress<TrainingNote>? notes)
    {
        var store = new TokenStore(NetworkIds.Vocabulary(tokenizer));
        var unknown = 0L;
        foreach (var text in texts)
        {
            var ids = NetworkIds.Of(tokenizer, text);
            if (ids.Length == 1) continue;
            store.Add(ids);
            if (tokenizer.UnknownId is { } id) unknown += ids.Count(one => one == id + SpecialTokens.Count);
        }

        if (unknown > 0)
            notes?.Report(new(string.Create(CultureInfo.InvariantCulture,
                $"{unknown} of {store.Ids} tokens of the {what} texts ({(double)unknown / store.Ids:P2}) stand for text that the ")
                + "tokenizer cannot write: it is lost. A tokenizer that falls back to bytes, or one trained on the rows, loses nothing.",
                IsWarning: true));
        return store;
    }

    private static string Sizes(GenerationTrainingOptions options, TokenStore kept, TokenStore held, bool areGiven)
    {
        var what = kept.Count == 1 ? "One text" : $"{kept.Count} texts";
        var validation = held.Count == 0 ? "none for validation" : areGiven ? $"{held.Ids} for validation"
            : $"{held.Ids} held back for validation";
        return $"{what} to train on, with {kept.Ids} tokens, and {validation}; windows have {options.MaxTokens} tokens at most.";
    }

    /// <summary>Also finds a tokenizer that cannot be saved now, and not after hours of training.</summary>
    private static string Hash(ITextTokenizer tokenizer)
    {
        using var stream = new MemoryStream();
        try
        {
            TextTokenizer.Save(tokenizer, stream);
        }
        catch (Exception fault) when (fault is ArgumentException or NotSupportedException)
        {
            throw new ArgumentException($"The tokenizer cannot be saved, and so could no model that is trained with it: {fault.Message}",
                fault);
        }

        return Convert.ToHexStringLower(SHA256.HashData(stream.GetBuffer().AsSpan(0, (int)stream.Length)));
    }
}
