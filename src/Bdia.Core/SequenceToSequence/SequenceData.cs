using System.Diagnostics;
using System.Globalization;
using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>The data of a run: tokenizers, rows to train on, rows to validate on.</summary>
/// <param name="Source">Tokenizer of the source.</param>
/// <param name="Target">Tokenizer of the target; the same object where they share one.</param>
/// <param name="Training">Rows to train on, at least one.</param>
/// <param name="Validation">Rows to validate on; null where there are none.</param>
/// <param name="References">Target texts of the first validation rows, as BLEU takes them.</param>
/// <param name="MaxLengthConstant">The <see cref="DecodingOptions.MaxLengthConstant"/> that leaves room for targets like those of the
/// training rows.</param>
/// <param name="Hashes">SHA-256 of tokenizers and texts, by name.</param>
internal sealed record SequenceData(
    ITextTokenizer Source, ITextTokenizer Target, SequenceRows Training, SequenceRows? Validation,
    IReadOnlyList<string> References, int MaxLengthConstant, IReadOnlyDictionary<string, string> Hashes)
{
    /// <summary>
    /// Reads the rows: once to see what there is, once more to train tokenizers where none are given, once to keep their ids.
    /// </summary>
    public static SequenceData Read(
        SequenceTrainingOptions options, ulong seed, ITextPairs train, ITextPairs? validation,
            IProgress<TrainingNote>? notes, StopSignal stop, CancellationToken cancellation)
    {
        var reader = new PairReader(train, stop);
        var survey = RowSurvey.Of(reader, options, validation is null ? options.ValidationFraction : 0, seed);
        var (source, target) = Tokenizers(options, reader, survey, notes, cancellation);
        var hashes = new Dictionary<string, string>
        {
            ["SourceTokenizer.SHA-256"] = TokenizerHash.Of(source, nameof(options.SourceTokenizer)),
            ["TargetTokenizer.SHA-256"] = TokenizerHash.Of(target, nameof(options.TargetTokenizer)),
            ["TrainingData.SHA-256"] = reader.Hash!,
        };
        // where none recurs, it is as it was when rows were held back one by one
        if (survey.HeldBySource) hashes.Add("ValidationRows.By", "source");

        var kept = new TextRows("training", source, target, options);
        var held = new TextRows("validation", source, target, options);
        var references = new List<string>();
        var (number, seen) = (0, 0);
        foreach (var pair in reader.Read())
        {
            if (!survey.IsHeld(number)) kept.Add(pair, number);
            else AddHeld(pair, number);
            number++;
        }

        if (validation is not null)
        {
            var own = new PairReader(validation, stop);
            number = 0;
            foreach (var pair in own.Read()) AddHeld(pair, number++);
            if (held.Rows.Count == 0) throw new InvalidDataException(
                "The validation data has no usable row; give it at least one pair, or none at all to have some of the training rows "
                + "held back.");
            hashes.Add($"{ValidationData}.SHA-256", own.Hash!);
        }

        foreach (var note in kept.Notes().Concat(held.Notes())) notes?.Report(new(note, IsWarning: true));
        if (seen > 0)
        {
            notes?.Report(new(string.Create(CultureInfo.InvariantCulture,
                $"{seen} of {held.Rows.Count} validation rows ({(double)seen / held.Rows.Count:P1}) have a source that is trained on as "
                + $"well: ")
                + "validation says less of new texts than it seems to. Part rows by source, so that all rows "
                + "of one source are on one side.",
                IsWarning: true));
        }

        if (validation is null) notes?.Report(
            new(held.Rows.Count > 0 ? $"{held.Rows.Count} of {held.Rows.Count + kept.Rows.Count} training rows are held back for "
            + "validation." : "No rows are held back for validation."));
        notes?.Report(new($"{kept.Rows.Count} rows to train on, with {kept.Rows.Source.Ids} source and {kept.Rows.Target.Ids} target "
            + "tokens."));
        return new SequenceData(source, target, kept.Rows, held.Rows.Count > 0 ? held.Rows
            : null, references, LengthConstant(kept.Rows, options.Decoding), hashes);

        void AddHeld(TextPair pair, long row)
        {
            if (!held.Add(pair, row)) return;
            if (survey.IsTrainedOn(pair.Source, options)) seen++;
            if (references.Count < options.BleuRows)
                references.Add(target.Normalize(pair.Target)); // no output could equal what normalisation takes away
        }
    }

    /// <summary>How validation text is decoded.</summary>
    public DecodingOptions Decoding(SequenceTrainingOptions options)
        => options.Decoding with { BestCount = 1, MaxLengthConstant = options.Decoding.MaxLengthConstant ?? MaxLengthConstant };

    private static int LengthConstant(SequenceRows rows, DecodingOptions decoding)
        => DecodingOptions.FittedConstant(
            Enumerable.Range(0, rows.Count)
            .Max(row => rows.Target.Length(row) - (long)(decoding.MaxLengthRatio * rows.Source.Length(row))));

    /// <summary>Tokens of a batch of this data.</summary>
    public int BatchTokens(SequenceTrainingOptions options) => options.BatchTokens(Math.Max(Training.Source.Ids, Training.Target.Ids));

    private const string ValidationData = "ValidationData";

    private static readonly string[] JudgementOptions =
        [nameof(SequenceTrainingOptions.BleuRows), nameof(SequenceTrainingOptions.Decoding)];

    /// <summary>Of <see cref="Identity"/>, what only the steps to come depend on, and how they are judged.</summary>
    public static IReadOnlyList<string> Adjustable { get; } =
    [
        .. RunIdentity.AdjustableOf(nameof(EncoderDecoderOptions)),
        .. JudgementOptions.Append(nameof(SequenceTrainingOptions.BleuEveryEpochs)).Append(nameof(SequenceTrainingOptions.LongTexts))
            .Select(Name), ValidationData,
    ];

    /// <summary>Of <see cref="Identity"/>, what decides how a model does in validation.</summary>
    public static IReadOnlyList<string> Judgement { get; } =
        [.. RunIdentity.JudgementOf(nameof(EncoderDecoderOptions)), .. JudgementOptions.Select(Name), ValidationData];

    /// <summary>What a checkpoint must have been written with to be resumed on this data.</summary>
    public IReadOnlyDictionary<string, string> Identity(EncoderDecoderOptions model, SequenceTrainingOptions options, int parts)
    {
        var identity = RunIdentity.Flatten(nameof(EncoderDecoderOptions), model);
        // Tokenizers count by what they do, which their hashes tell; and so does a constant that is fitted, by the rows.
        foreach (var (name, value) in RunIdentity.Flatten(nameof(SequenceTrainingOptions), Told(options)))
            identity.Add(name, value);
        foreach (var name in (string[])[nameof(TokenizerOptions.SplitDigits), nameof(TokenizerOptions.UserDefinedSymbols)])
            // younger than some checkpoints
            identity.Remove($"{nameof(SequenceTrainingOptions)}.{nameof(SequenceTrainingOptions.Tokenizer)}.{name}");
        if (parts > 1) identity.Add(RunIdentity.Parts, $"{parts}"); // accumulation alone does not tell cut batches from whole ones
        // of no effect where validation rows are given
        if (Hashes.ContainsKey($"{ValidationData}.SHA-256")) identity.Remove(Name(nameof(options.ValidationFraction)));
        identity.Add("TrainingData.Rows", $"{Training.Count}");
        identity.Add($"{ValidationData}.Rows", $"{Validation?.Count ?? 0}");
        foreach (var (name, value) in Hashes) identity.Add(name, value);
        return identity;
    }

    // The constant as it was before it could be fitted, so that checkpoints of then are known.
    private static SequenceTrainingOptions Told(SequenceTrainingOptions options) => options with
    {
        SourceTokenizer = null,
        TargetTokenizer = null,
        Decoding = options.Decoding with { MaxLengthConstant = options.Decoding.MaxLengthConstant ?? DecodingOptions.LeastFittedConstant },
    };

    private static string Name(string option) => $"{nameof(SequenceTrainingOptions)}.{option}";

    private static (ITextTokenizer Source, ITextTokenizer Target) Tokenizers(
        SequenceTrainingOptions options, PairReader reader, RowSurvey survey, IProgress<TrainingNote>? notes,
            CancellationToken cancellation)
    {
        if (options.SharedVocabulary && options is { SourceTokenizer: null, TargetTokenizer: null })
        {
            var shared = Train("source and target", pair => [pair.Source, pair.Target]);
            return (shared, shared);
        }

        var source = options.SourceTokenizer ?? Train("source", pair => [pair.Source]);
        return (source, options.TargetTokenizer ?? Train("target", pair => [pair.Target]));

        ITextTokenizer Train(string side, Func<TextPair, string[]> texts)
        {
            var watch = Stopwatch.StartNew();
            var lines = reader.Read().Where((_, row) => survey.IsKept(row)).SelectMany(texts);
            var tokenizer = TextTokenizer.Train(lines, options.Tokenizer, cancellation);
            notes?.Report(new(FormattableString.Invariant(
                $"The tokenizer of the {side} text has {tokenizer.Size} tokens, and took {watch.Elapsed.TotalSeconds:F1} s to train.")));
            return tokenizer;
        }
    }
}
