using System.Diagnostics;
using System.Globalization;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextClassification;

/// <summary>The data of a run: tokenizer, rows to train on, rows to validate on.</summary>
/// <param name="Tokenizer">Of both texts of a pair.</param>
/// <param name="Training">Rows to train on, at least two.</param>
/// <param name="Validation">Rows to validate on; null where there are none.</param>
/// <param name="Hashes">SHA-256 of tokenizer and texts, by name.</param>
internal sealed record ClassificationTexts(
    ITextTokenizer Tokenizer, LabelledTokens Training, LabelledTokens? Validation, IReadOnlyDictionary<string, string> Hashes)
{
    private const string ValidationData = "ValidationData";

    /// <summary>
    /// Reads the rows: once to see what there is, once more to train a tokenizer where none is given, once to keep their ids.
    /// </summary>
    public static ClassificationTexts Read(
        TextEncoderOptions model, TextClassificationOptions options, ulong seed, ILabelledTexts train, ILabelledTexts? validation,
        IProgress<TrainingNote>? notes, StopSignal stop, CancellationToken cancellation)
    {
        var rows = Repeated(train, stop);
        var survey = LabelledTextSurvey.Of(rows.Read(), options, validation is null ? options.ValidationFraction : 0, model.Classes, seed);
        var tokenizer = options.Tokenizer ?? Train(options, rows, survey, notes, cancellation);
        var hashes = new Dictionary<string, string>
        {
            ["Tokenizer.SHA-256"] = TokenizerHash.Of(tokenizer, nameof(options.Tokenizer)),
            ["TrainingData.SHA-256"] = rows.Hash!,
        };

        var kept = new LabelledTextReader("training", tokenizer, model.Pairs, model.Classes, options);
        var held = new LabelledTextReader("validation", tokenizer, model.Pairs, model.Classes, options);
        var (number, seen) = (0, 0);
        foreach (var row in rows.Read())
        {
            if (!survey.IsHeld(number)) kept.Add(row, number);
            else AddHeld(row, number);
            number++;
        }

        if (validation is not null)
        {
            var own = Repeated(validation, stop);
            number = 0;
            foreach (var row in own.Read()) AddHeld(row, number++);
            if (held.Rows.Count == 0) throw new InvalidDataException(
                "The validation data has no row with text; give it at least one, or none at all to have some of the training rows held "
                + "back.");
            hashes.Add($"{ValidationData}.SHA-256", own.Hash!);
        }

        foreach (var note in kept.Notes().Concat(held.Notes())) notes?.Report(new(note, IsWarning: true));
        if (seen > 0)
            notes?.Report(new(string.Create(CultureInfo.InvariantCulture,
                $"{seen} of {held.Rows.Count} validation rows ({(double)seen / held.Rows.Count:P1}) have a text that is trained on as "
                + $"well: validation says less of new texts than it seems to."), IsWarning: true));
        if (validation is null) notes?.Report(new(held.Rows.Count > 0
            ? $"{held.Rows.Count} of {held.Rows.Count + kept.Rows.Count} training rows are held back for validation."
            : "No rows are held back for validation."));
        notes?.Report(new(
            $"{kept.Rows.Count} rows to train on, with {kept.Rows.Ids.Ids} tokens, the longest with {kept.Rows.Ids.Longest}."));
        return new ClassificationTexts(tokenizer, kept.Rows, held.Rows.Count > 0 ? held.Rows : null, hashes);

        void AddHeld(LabelledText row, int at)
        {
            if (held.Add(row, at) && survey.IsTrainedOn(row, options)) seen++;
        }
    }

    /// <summary>Of <see cref="Identity"/>, what only the steps to come depend on, and how they are judged.</summary>
    public static IReadOnlyList<string> Adjustable { get; } =
    [
        .. RunIdentity.AdjustableOf(nameof(TextEncoderOptions)),
        .. new[]
        {
            nameof(TextClassificationOptions.TokenDropout), nameof(TextClassificationOptions.ClassWeights),
            nameof(TextClassificationOptions.LongTexts),
        }.Select(Name),
        ValidationData,
    ];

    /// <summary>Of <see cref="Identity"/>, what decides how a model does in validation.</summary>
    public static IReadOnlyList<string> Judgement { get; } = [.. RunIdentity.JudgementOf(nameof(TextEncoderOptions)), ValidationData];

    /// <summary>What a checkpoint must have been written with to be resumed on this data.</summary>
    public IReadOnlyDictionary<string, string> Identity(TextEncoderOptions model, TextClassificationOptions options)
    {
        var identity = RunIdentity.Flatten(nameof(TextEncoderOptions), model);
        // A tokenizer counts by what it does, which its hash tells.
        foreach (var (name, value) in RunIdentity.Flatten(nameof(TextClassificationOptions), options with { Tokenizer = null }))
            identity.Add(name, value);
        if (Hashes.ContainsKey($"{ValidationData}.SHA-256"))
        {
            // Of no effect where validation rows are given.
            identity.Remove(Name(nameof(options.ValidationFraction)));
            identity.Remove(Name(nameof(options.StratifiedValidation)));
        }

        identity.Add("TrainingData.Rows", $"{Training.Count}");
        identity.Add($"{ValidationData}.Rows", $"{Validation?.Count ?? 0}");
        foreach (var (name, value) in Hashes) identity.Add(name, value);
        return identity;
    }

    private static string Name(string option) => $"{nameof(TextClassificationOptions)}.{option}";

    private static RepeatedRows<LabelledText> Repeated(ILabelledTexts texts, StopSignal stop) => new(texts.Read, (sha, row) =>
    {
        sha.Append(row.Text);
        sha.Append(row.Second);
        sha.Append(row.Label);
    }, stop);

    private static ITextTokenizer Train(TextClassificationOptions options, RepeatedRows<LabelledText> rows, LabelledTextSurvey survey,
        IProgress<TrainingNote>? notes, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var lines = rows.Read().Where((_, row) => survey.IsKept(row))
            .SelectMany(row => row.Second is { } second ? new[] { row.Text, second } : [row.Text]);
        var tokenizer = TextTokenizer.Train(lines, options.TokenizerTraining, cancellation);
        notes?.Report(new(FormattableString.Invariant(
            $"The tokenizer has {tokenizer.Size} tokens, and took {watch.Elapsed.TotalSeconds:F1} s to train.")));
        return tokenizer;
    }
}
