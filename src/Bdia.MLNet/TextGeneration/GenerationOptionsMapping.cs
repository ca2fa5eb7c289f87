using Bdia.Core.Common;
using Bdia.Core.Models;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Trainers;
using Options = Bdia.MLNet.BdiaTextGenerationTrainer.Options;

namespace Bdia.MLNet.TextGeneration;

/// <summary>The trainer's flat options as the records that the engine takes, and all their faults in one message.</summary>
internal static class GenerationOptionsMapping
{
    /// <summary>The network but for its vocabulary, which the engine takes from the tokenizer.</summary>
    /// <param name="options">The options.</param>
    /// <param name="initial">Of the network that training begins with, in place of the preset's.</param>
    public static LanguageModelOptions Model(Options options, LanguageModelOptions? initial = null)
    {
        const int anyVocabulary = 1000;
        var sizes = initial ?? LanguageModelOptions.FromPreset(options.Preset, anyVocabulary);
        return OptionRecords.Fill(options, sizes with { }) with
        {
            // places that were learned are as many as they are
            MaxLength = initial?.MaxLength ?? options.MaxTokens ?? GenerationDefaults.Generation.MaxTokens,
            Stack = options.Stack(initial?.Stack.FractionBits),
        };
    }

    public static GenerationTrainingOptions Generation(Options options, LanguageModelOptions? initial = null)
        => OptionRecords.Fill(options,
            new GenerationTrainingOptions { TokenizerTraining = OptionRecords.Fill(options, GenerationDefaults.Tokenizer with { }) }) with
        {
            MaxTokens = TokenLimit.Of(options.MaxTokens, GenerationDefaults.Generation.MaxTokens, initial?.MaxLength),
        };

    public static TextColumns Columns(Options options)
        => new(options.PromptColumnName ?? options.TextColumnName, options.PredictedTextColumnName, options.ScoreColumnName,
            options.PredictedTextsColumnName, options.ScoresColumnName, options.FinishedColumnName,
            options.TokenLogProbabilitiesColumnName);

    /// <returns>The options, without fault.</returns>
    /// <exception cref="ArgumentException">Some options are out of range; the message lists all of them.</exception>
    public static Options Validate(Options options)
    {
        var faults = new OptionFaults();
        List<(string, string?)> columns =
        [
            (nameof(options.TextColumnName), options.TextColumnName),
            (nameof(options.PredictedTextColumnName), options.PredictedTextColumnName),
            (nameof(options.ScoreColumnName), options.ScoreColumnName),
            (nameof(options.FinishedColumnName), options.FinishedColumnName),
            (nameof(options.PredictedTextsColumnName), options.PredictedTextsColumnName),
            (nameof(options.ScoresColumnName), options.ScoresColumnName),
        ];
        if (options.TokenLogProbabilitiesColumnName is { } tokens)
            columns.Add((nameof(options.TokenLogProbabilitiesColumnName), tokens));
        if (options.PromptColumnName is { } prompt && prompt != options.TextColumnName)
            columns.Add((nameof(options.PromptColumnName), prompt));
        faults.RequireNames([.. columns]);
        faults.RequireDifferent([.. columns]);
        faults.RequireSteering(options);
        faults.RequireTokenizer("", options.Tokenizer, options.TokenizerFile, options.MergesFile);
        if (options.BestBy == ModelSelection.Score)
            faults.Add("BestBy is Score, and the generation of texts has none; set it to Loss or Accuracy.");
        faults.RequireDefined(nameof(options.Preset), options.Preset);
        using var initial = Initial(options, faults);
        if (Enum.IsDefined(options.Preset) && options.MaxTokens is null or (>= 2 and <= 65_536))
            Model(options, initial?.Generator.Model.Options).Check(faults);
        options.Training(seed: 0).Check(faults, options.Mode);
        Generation(options, initial?.Generator.Model.Options).Check(faults);
        faults.ThrowIfAny("The options of TextGeneration.Trainers.Bdia");
        return options;
    }

    private static InitialGenerator? Initial(Options options, OptionFaults faults)
        => options.InitialWeights?.Early(faults, opened => opened.Check(options, faults), () => InitialGenerator.Open(options));

    /// <summary>The options with the tokenizer read from the files that they name.</summary>
    /// <exception cref="InvalidDataException">A file is no tokenizer of its kind.</exception>
    public static Options WithTokenizer(Options options)
    {
        var copy = options.Copy();
        copy.Tokenizer ??= TokenizerChoice.Read(options.TokenizerFile, options.MergesFile,
            options.Normalization ?? GenerationDefaults.Tokenizer.Normalization);
        return copy;
    }
}
