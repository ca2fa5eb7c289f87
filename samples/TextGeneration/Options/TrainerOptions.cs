using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.MLNet;
using Bdia.Samples.TextGeneration.Data;

namespace Bdia.Samples.TextGeneration.Options;

/// <summary>From the command line to the trainer's options: what was asked for, and defaults that suit the data.</summary>
internal static class TrainerOptions
{
    public static BdiaTextGenerationTrainer.Options From(SampleOptions asked, TextData data, IProgress<TrainingProgress> progress,
        CancellationToken cancellation)
    {
        var options = new BdiaTextGenerationTrainer.Options
        {
            TextColumnName = nameof(TextRow.Text),
            JoinRows = data.IsOneText,
            Mode = asked.Mode,
            Precision = asked.Precision,
            Quantize = asked.Quantize,
            Seed = asked.Seed,
            CheckpointDirectory = asked.CheckpointDirectory,
            CheckpointEverySteps = asked.CheckpointSteps ?? 0,
            Resume = asked.Resume,
            Progress = progress,
            CancellationToken = cancellation,
        };
        if (asked.Data is null) SuitStories(options, data.Train.Count);
        else options.VocabularySize = 2000; // so that its tokens are seen often enough

        options.Preset = asked.Preset ?? options.Preset;
        options.Width = asked.Width ?? options.Width;
        options.Depth = asked.Depth ?? options.Depth;
        options.Heads = asked.Heads ?? options.Heads;
        if (asked.Width is { } width) options.FeedForwardWidth = 4 * width;
        options.Dropout = asked.Dropout ?? options.Dropout;
        options.TokenLevel = asked.Tokens ?? options.TokenLevel;
        options.VocabularySize = asked.Vocabulary ?? options.VocabularySize;
        options.MaxTokens = asked.MaxTokens ?? options.MaxTokens;
        options.TokensPerBatch = asked.TokensPerBatch ?? options.TokensPerBatch;
        options.Epochs = asked.Epochs ?? options.Epochs;
        options.LearningRate = asked.LearningRate ?? options.LearningRate;
        options.WeightDecay = asked.WeightDecay ?? options.WeightDecay;
        options.LabelSmoothing = asked.LabelSmoothing ?? options.LabelSmoothing;
        options.Gamma = asked.Gamma ?? options.Gamma;
        options.Decoding = Decoding(asked, options.Decoding);
        return options;
    }

    private static DecodingOptions Decoding(SampleOptions asked, DecodingOptions otherwise)
    {
        if (asked.Temperature is not null || asked.TopP is not null) otherwise = otherwise with { Sample = true };
        return otherwise with
        {
            Temperature = asked.Temperature ?? otherwise.Temperature,
            TopP = asked.TopP ?? otherwise.TopP,
            MaxLengthConstant = asked.Length ?? otherwise.MaxLengthConstant,
        };
    }

    /// <summary>The sample's own stories: short, with one right end each, to be learnt in two minutes on two cores.</summary>
    private static void SuitStories(BdiaTextGenerationTrainer.Options options, int rows)
    {
        options.TokenLevel = TokenLevel.Word; // and numbers digit by digit
        options.VocabularySize = 400;
        options.MaxTokens = 32;
        options.Depth = 3;
        options.Dropout = 0;
        options.TokensPerBatch = 512;
        options.LearningRate = 2e-3;
        options.Epochs = Math.Clamp(120_000 / rows, 3, 60); // few rows are seen more often
        options.Decoding = new() { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 8 };
    }
}
