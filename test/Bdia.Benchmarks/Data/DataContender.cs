using System.Diagnostics;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.MLNet.SequenceToSequence;
using Microsoft.ML;
using TorchSharp;

namespace Bdia.Benchmarks.Data;

/// <summary>Rows of an ML.NET view through everything that lies between it and the training step, and through the step itself.</summary>
internal static class DataContender
{
    private const int Vocabulary = 2000;
    private const long SmallBudget = 1 << 20;

    public static DataFigures Run(DataSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        var training = new TrainingOptions { Epochs = settings.Epochs + 1, BatchSize = settings.Batch, Seed = 1 };
        return settings.Kind == DataKind.Texts ? Texts(settings, training) : Pictures(settings, training);
    }

    private static DataFigures Pictures(DataSettings settings, TrainingOptions training)
    {
        var rows = PictureRows.Create(new MLContext(seed: 1), settings);
        var model = VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, PictureRows.Side,
            PictureRows.Side, PictureRows.Channels, PictureRows.Classes);
        var images = new ImageTrainingOptions { ValidationFraction = 0 };
        if (settings.Augmented)
            images = images with { AugmentPolicy = AugmentPolicy.TrivialAugment, AugmentCropPadding = 4, MixupAlpha = 0.8, CutMixAlpha = 1,
                RandomErasing = 0.25 };
        if (!settings.InMemory) images = images with { PixelCacheBytes = SmallBudget };
        var watch = Stopwatch.StartNew();
        var data = ImageData.Read(model, training, images, rows, null, new StopSignal(null, null, CancellationToken.None));
        var firstPass = watch.Elapsed.TotalSeconds;
        using var network = new VisionTransformer(model, training.Seed);
        var task = new ImageClassificationTask(network, data.Normalization, training, null, data.Identity(model, images), torch.CPU);
        var source = new ImageBatchSource(data.Training, data.Normalization, model.Classes, training, images, data.Range);
        return Run(settings, training, task, source) with { FirstPassSeconds = firstPass,
            Items = (long)settings.Epochs * data.Training.Count };
    }

    private static DataFigures Texts(DataSettings settings, TrainingOptions training)
    {
        var mlContext = new MLContext(seed: 1);
        var view = mlContext.Data.LoadFromEnumerable(Sentences.Draw(settings.Rows));
        var sequences = new SequenceTrainingOptions { TokensPerBatch = settings.Batch, ValidationFraction = 0, BleuEveryEpochs = 0 };
        sequences = sequences with { Tokenizer = sequences.Tokenizer with { VocabularySize = Vocabulary } };
        var watch = Stopwatch.StartNew();
        var data = SequenceData.Read(
            sequences, training.Seed, new TextPairRows(view, nameof(Sentence.Source), nameof(Sentence.Target)),
                null, null, new StopSignal(null, null, CancellationToken.None), CancellationToken.None);
        var firstPass = watch.Elapsed.TotalSeconds;
        var model = EncoderDecoderOptions.FromPreset(EncoderDecoderPreset.Compact, NetworkIds.Vocabulary(data.Source),
            NetworkIds.Vocabulary(data.Target));
        using var network = new EncoderDecoder(model, training.Seed);
        using var task = new TranslationTask(network, data, training, sequences, parts: 1,
            data.Identity(model, sequences, parts: 1), torch.CPU);
        var source = new TokenBatchSource(data.Training, new TokenBatchPlan(data.Training, data.BatchTokens(sequences)), training.Seed);
        return Run(settings, training, task, source) with { FirstPassSeconds = firstPass,
            Items = (long)settings.Epochs * data.Training.Count };
    }

    private static DataFigures Run<TBatch>(DataSettings settings, TrainingOptions training, ITrainingTask<TBatch> task,
        IBatchSource<TBatch> source)
    {
        if (settings.Method == DataMethod.Pipeline) return ReadAlone(settings, source);
        if (settings.Method == DataMethod.Ready) source = new ReadySource<TBatch>(source, training.Epochs);
        var watched = new WatchedTask<TBatch>(task, skippedEpochs: 1);
        new Trainer<TBatch>(training).Run(watched, source, watched);
        return new(0, 0, watched.Steps, watched.Seconds, watched.WaitSeconds);
    }

    private static DataFigures ReadAlone<TBatch>(DataSettings settings, IBatchSource<TBatch> source)
    {
        var (steps, watch) = (0, new Stopwatch());
        for (var epoch = 0; epoch <= settings.Epochs; epoch++)
        {
            if (epoch == 1) (steps, watch) = (0, Stopwatch.StartNew());
            foreach (var batch in source.Read(epoch, 0, CancellationToken.None))
            {
                (batch as IDisposable)?.Dispose();
                steps++;
            }
        }

        return new(0, 0, steps, watch.Elapsed.TotalSeconds, 0);
    }
}
