using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Options = Bdia.MLNet.BdiaTextClassificationTrainer.Options;

namespace Bdia.MLNet.TextClassification;

/// <summary>The trainer's flat options as the records that the engine takes, and all their faults in one message.</summary>
internal static class TextClassificationOptionsMapping
{
    /// <summary>The network but for its vocabulary, which the engine takes from the tokenizer.</summary>
    /// <param name="options">The options.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="initial">Sizes of the weights that training begins with, in place of the preset's.</param>
    public static TextEncoderOptions Model(Options options, int classes, TextEncoderOptions? initial = null)
    {
        const int anyVocabulary = 1000;
        var sizes = initial is null ? TextEncoderOptions.FromPreset(options.Preset, anyVocabulary, classes)
            : initial with { Classes = classes };
        return OptionRecords.Fill(options, sizes with { }) with
        {
            Pairs = options.Sentence2ColumnName is not null,
            // places that were learned are as many as they are
            MaxLength = InitialClassifier.Places(initial) ?? Math.Max(sizes.MaxLength, options.MaxTokens ?? 0),
            Stack = options.Stack(initial?.Stack.FractionBits),
        };
    }

    public static TextClassificationOptions Texts(Options options, TextEncoderOptions? initial = null) => OptionRecords.Fill(options,
        new TextClassificationOptions
        {
            TokenizerTraining = OptionRecords.Fill(options, TextClassificationDefaults.Tokenizer with { }),
        }) with
    {
        MaxTokens = TokenLimit.Of(options.MaxTokens, TextClassificationDefaults.Texts.MaxTokens, InitialClassifier.Places(initial)),
    };

    public static SentenceColumns Sentences(Options options) => new(options.Sentence1ColumnName, options.Sentence2ColumnName);

    /// <returns>The options, without fault.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static Options Validate(Options options)
    {
        var faults = new OptionFaults();
        (string, string?)[] columns =
        [
            (nameof(options.LabelColumnName), options.LabelColumnName),
            (nameof(options.Sentence1ColumnName), options.Sentence1ColumnName),
            .. options.Sentence2ColumnName is null ? Array.Empty<(string, string?)>()
                : [(nameof(options.Sentence2ColumnName), options.Sentence2ColumnName)],
            (nameof(options.ScoreColumnName), options.ScoreColumnName),
            (nameof(options.PredictedLabelColumnName), options.PredictedLabelColumnName),
        ];
        faults.RequireNames(columns);
        // An output of an input's name would hide it: Evaluate would then compare the prediction with itself.
        faults.RequireDifferent(columns);
        faults.RequireSteering(options);
        faults.RequireTokenizer("", options.Tokenizer, options.TokenizerFile, options.MergesFile);
        faults.RequireDefined(nameof(options.Preset), options.Preset);
        var classes = options.ClassWeights?.Length ?? 2;
        using var initial = Initial(options, faults);
        if (Enum.IsDefined(options.Preset))
            Model(options, Math.Max(2, classes), initial?.Sizes).Check(faults);
        options.Training(seed: 0).Check(faults, options.Mode);
        Texts(options, initial?.Sizes).Check(faults, classes);
        faults.ThrowIfAny("The options of BdiaTextClassification");
        return options;
    }

    private static InitialClassifier? Initial(Options options, OptionFaults faults)
        => options.InitialWeights?.Early(faults, opened => opened.Check(options, faults), () => InitialClassifier.Open(options));

    /// <summary>The options with a tokenizer read from the files that they name.</summary>
    /// <exception cref="InvalidDataException">A file is no tokenizer of its kind.</exception>
    public static Options WithTokenizer(Options options)
    {
        var copy = options.Copy();
        copy.Tokenizer ??= TokenizerChoice.Read(options.TokenizerFile, options.MergesFile, options.Normalization);
        return copy;
    }
}
