using Bdia.Core.Training;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.TextClassification.Data;

namespace Bdia.Samples.TextClassification.Options;

/// <summary>From the command line to the trainer's options: what was asked for, and defaults that suit the data.</summary>
internal static class TrainerOptions
{
    private const int MadeEpochs = 8;

    public static BdiaTextClassificationTrainer.Options From(SampleOptions asked, LabelledTexts data,
        IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var options = new BdiaTextClassificationTrainer.Options
        {
            Sentence1ColumnName = nameof(LabelledText.Text),
            Width = asked.Width,
            Depth = asked.Depth,
            Heads = asked.Heads,
            FeedForwardWidth = asked.FeedForward,
            Dropout = asked.Dropout,
            Mode = asked.Mode,
            Precision = asked.Precision,
            Quantize = asked.Quantize,
            BatchSize = asked.BatchSize,
            LearningRate = asked.LearningRate,
            Seed = asked.Seed,
            CheckpointDirectory = asked.CheckpointDirectory,
            CheckpointEverySteps = asked.CheckpointSteps ?? 0,
            Resume = asked.Resume,
            Progress = progress,
            CancellationToken = cancellation,
        };
        if (asked.Data is null)
        {
            options.Epochs = Math.Clamp(MadeEpochs * DataSources.MadeTrainRows / data.Train.Count, MadeEpochs, 200);
            options.TokenDropout = 0; // a word that is left out may be the one that decides
        }

        options.Preset = asked.Preset ?? options.Preset;
        options.TokenLevel = asked.Tokens ?? options.TokenLevel;
        options.VocabularySize = asked.Vocabulary ?? options.VocabularySize;
        options.MaxTokens = asked.MaxTokens ?? options.MaxTokens;
        options.TokenDropout = asked.TokenDropout ?? options.TokenDropout;
        options.Epochs = asked.Epochs ?? options.Epochs;
        options.WeightDecay = asked.WeightDecay ?? options.WeightDecay;
        options.LabelSmoothing = asked.LabelSmoothing ?? options.LabelSmoothing;
        options.Gamma = asked.Gamma ?? options.Gamma;
        return options;
    }
}
