using Bdia.Core.Training;
using Bdia.MLNet;
using Bdia.Samples.ImageClassification.Data;

namespace Bdia.Samples.ImageClassification.Options;

/// <summary>From the command line to the trainer's options: what was asked for, and defaults that suit the data.</summary>
internal static class TrainerOptions
{
    public static BdiaImageClassificationTrainer.Options From(SampleOptions asked, PictureData data,
        IProgress<TrainingProgress> progress, CancellationToken cancellation)
    {
        var drawn = asked.Data is null;
        var options = new BdiaImageClassificationTrainer.Options
        {
            FeatureColumnName = "Image",
            ImageHeight = data.Size.Height,
            ImageWidth = data.Size.Width,
            Preset = asked.Model,
            PatchSize = asked.PatchSize,
            Mode = asked.Mode,
            Precision = asked.Precision,
            Quantize = asked.Quantize,
            // few rows are seen more often
            Epochs = asked.Epochs ?? Math.Clamp((drawn ? 80_000 : 100_000) / data.Rows.Train, drawn ? 4 : 10, 200),
            Seed = asked.Seed,
            ValidationFraction = 0.05, // of the many drawn, so that chance does not choose between epochs that are nearly right
            CheckpointDirectory = asked.CheckpointDirectory,
            CheckpointEverySteps = asked.CheckpointSteps ?? 0,
            Resume = asked.Resume,
            Progress = progress,
            CancellationToken = cancellation,
        };
        if (drawn)
        {
            options.PatchSize ??= 6; // 16 patches and not 36: half the time, and glyphs as large as these lose nothing
            options.BatchSize = 64;
            options.LearningRate = 0.0015;
            options.AugmentCropPadding = 0; // every picture is drawn at a place of its own
            options.MixupAlpha = 0; // and there are so many of them that none is known by heart
        }

        options.BatchSize = asked.BatchSize ?? options.BatchSize;
        options.LearningRate = asked.LearningRate ?? options.LearningRate;
        options.WeightDecay = asked.WeightDecay ?? options.WeightDecay;
        options.LabelSmoothing = asked.LabelSmoothing ?? options.LabelSmoothing;
        options.MixupAlpha = asked.Mixup ?? options.MixupAlpha;
        options.Gamma = asked.Gamma ?? options.Gamma;
        return options;
    }
}
