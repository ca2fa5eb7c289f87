using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Options = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The trainer's flat options as the records that the engine takes, and all their faults in one message.</summary>
internal static class SequenceOptionsMapping
{
    /// <summary>The network but for its vocabularies, which the engine takes from the tokenizers.</summary>
    /// <param name="options">The options.</param>
    /// <param name="initial">Of the network that training begins with, in place of the preset's.</param>
    public static EncoderDecoderOptions Model(Options options, EncoderDecoderOptions? initial = null)
    {
        const int anyVocabulary = 1000;
        var sizes = initial ?? EncoderDecoderOptions.FromPreset(options.Preset, anyVocabulary, anyVocabulary);
        return OptionRecords.Fill(options, sizes with { }) with
        {
            // places that were learned are as many as they are
            MaxLength = InitialTranslator.Places(initial) ?? Math.Max(sizes.MaxLength, options.MaxTokens ?? 0),
            Stack = options.Stack(initial?.Stack.FractionBits),
        };
    }

    public static SequenceTrainingOptions Sequences(Options options, EncoderDecoderOptions? initial = null)
        => OptionRecords.Fill(options, new SequenceTrainingOptions { Tokenizer = OptionRecords.Fill(options, new TokenizerOptions()) }) with
        {
            MaxTokens = TokenLimit.Of(options.MaxTokens, SequenceDefaults.Sequences.MaxTokens, InitialTranslator.Places(initial)),
        };

    public static TextColumns Columns(Options options)
        => new(options.SourceColumnName, options.PredictedTextColumnName, options.ScoreColumnName,
            options.PredictedTextsColumnName, options.ScoresColumnName, options.FinishedColumnName,
            options.TokenLogProbabilitiesColumnName);

    /// <returns>The options, without fault.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static Options Validate(Options options)
    {
        var faults = new OptionFaults();
        (string, string?) source = (nameof(options.SourceColumnName), options.SourceColumnName),
            target = (nameof(options.TargetColumnName), options.TargetColumnName);
        (string, string?)[] outputs =
        [
            (nameof(options.PredictedTextColumnName), options.PredictedTextColumnName),
                (nameof(options.ScoreColumnName), options.ScoreColumnName),
            (nameof(options.FinishedColumnName), options.FinishedColumnName),
            (nameof(options.PredictedTextsColumnName), options.PredictedTextsColumnName),
                (nameof(options.ScoresColumnName), options.ScoresColumnName),
        ];
        if (options.TokenLogProbabilitiesColumnName is { } tokens)
            outputs = [.. outputs, (nameof(options.TokenLogProbabilitiesColumnName), tokens)];
        faults.RequireNames([source, target, .. outputs]);
        faults.RequireDifferent([source, target, .. outputs]); // an output of the target's name would be compared with itself
        faults.RequireSteering(options);
        faults.RequireTokenizer("Source", options.SourceTokenizer, options.SourceTokenizerFile, options.SourceMergesFile);
        faults.RequireTokenizer("Target", options.TargetTokenizer, options.TargetTokenizerFile, options.TargetMergesFile);
        if (options.BestBy == ModelSelection.Score && options.BleuEveryEpochs == 0)
            faults.Add("BestBy is Score, which is BLEU, and BleuEveryEpochs is 0, so that there is none; set it to 1 or more, or BestBy "
                + "to Loss.");
        faults.RequireDefined(nameof(options.Preset), options.Preset);
        using var initial = Initial(options, faults);
        if (Enum.IsDefined(options.Preset))
            Model(options, initial?.Translator.Model.Options).Check(faults);
        options.Training(seed: 0).Check(faults, options.Mode);
        Sequences(options, initial?.Translator.Model.Options).Check(faults);
        faults.ThrowIfAny("The options of SequenceToSequence.Trainers.Bdia");
        return options;
    }

    private static InitialTranslator? Initial(Options options, OptionFaults faults)
        => options.InitialWeights?.Early(faults, opened => opened.Check(options, faults), () => InitialTranslator.Open(options));

    /// <summary>The options with tokenizers read from the files that they name.</summary>
    /// <exception cref="InvalidDataException">A file is no tokenizer of its kind.</exception>
    public static Options WithTokenizers(Options options)
    {
        var copy = options.Copy();
        copy.SourceTokenizer ??= TokenizerChoice.Read(options.SourceTokenizerFile, options.SourceMergesFile, options.Normalization);
        var sameFiles = options.SourceTokenizer is null
            && (options.SourceTokenizerFile, options.SourceMergesFile) == (options.TargetTokenizerFile, options.TargetMergesFile);
        copy.TargetTokenizer ??= sameFiles ? copy.SourceTokenizer
            : TokenizerChoice.Read(options.TargetTokenizerFile, options.TargetMergesFile, options.Normalization);
        return copy;
    }
}
