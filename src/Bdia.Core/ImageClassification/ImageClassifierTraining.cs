using System.Globalization;
using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>Trains a vision transformer to tell images apart, from rows to a classifier.</summary>
public static class ImageClassifierTraining
{
    /// <summary>Reads the rows, sets some aside for validation, trains, and returns the best classifier.</summary>
    /// <param name="model">The network; its image size, channels and classes say what rows must be.</param>
    /// <param name="training">How to train.</param>
    /// <param name="images">Augmentation, class weights, validation share, memory.</param>
    /// <param name="train">Training rows, of at least two classes.</param>
    /// <param name="validation">Validation rows; null = <see cref="ImageTrainingOptions.ValidationFraction"/> of the training rows.</param>
    /// <param name="device">Where to train; null = the CPU.</param>
    /// <param name="progress">Called after every step and every epoch, on this thread.</param>
    /// <param name="notes">Told what was chosen where options leave it open, a sentence each, how much memory training takes, and where a
    /// run goes on from.</param>
    /// <param name="stopProbe">Asked between batches; true ends the run as cancellation does.</param>
    /// <param name="start">Weights to begin with; null: random ones.</param>
    /// <param name="cancellation">Ends the run within a batch, with the best classifier so far.</param>
    /// <returns>The classifier, in evaluation mode, with the history of its training.</returns>
    /// <remarks>Where an exception ends the run, the best classifier so far comes with it: <see cref="TrainingFault.BestModel"/>.</remarks>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults of a record. Or they are not those of the
    /// initial weights. Or not even one image at a
    /// time fits <see cref="TrainingOptions.TrainingMemoryBytes"/>.</exception>
    /// <exception cref="InvalidDataException">There are no rows, or only one class, or a row has another size, a label that is no class, or
    /// a pixel that is not finite.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="CheckpointException">The checkpoint folder cannot be used or resumed, or a checkpoint not written.</exception>
    /// <exception cref="Reversible.ReversibilityException">The stack has left the range in which it is exact.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public static ImageClassifier Run(
        VisionTransformerOptions model, TrainingOptions training, ImageTrainingOptions images, IImageRows train,
            IImageRows? validation = null,
        Device? device = null, IProgress<TrainingProgress>? progress = null, IProgress<TrainingNote>? notes = null,
            Func<bool>? stopProbe = null, ImageStart? start = null, CancellationToken cancellation = default)
    {
        var ranks = training?.Distributed?.Ranks ?? RankGroup.Alone;
        return ranks.Guard(() => RunOnRank(
            model, training!, images, train, validation, device, ranks.IsFirst ? progress : null,
            ranks.IsFirst ? notes : null, stopProbe, start,
            cancellation));
    }

    private static ImageClassifier RunOnRank(
        VisionTransformerOptions model, TrainingOptions training, ImageTrainingOptions images, IImageRows train,
            IImageRows? validation,
        Device? device, IProgress<TrainingProgress>? progress, IProgress<TrainingNote>? notes,
            Func<bool>? stopProbe, ImageStart? start, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(images);
        ArgumentNullException.ThrowIfNull(train);
        model.Validate();
        training.Validate(model.Stack.Mode);
        images.Validate(model.Classes);
        // a budget that is too small is told before rows are read
        MemoryBudget.Fit(model, training with { BatchSize = training.BatchSize ?? training.Distributed?.Parts ?? 1 });

        // What is made in the caller's inference mode could not be trained.
        using var mode = inference_mode(false);
        device ??= CPU;
        var stop = new StopSignal(stopProbe, null, cancellation);
        var data = ImageData.Read(model, training, images, train, validation, stop, start?.Normalization);
        (model, training, images) = Chosen(model, training, images, data, start is not null, stop, notes);
        var network = start is null ? new VisionTransformer(model, training.Seed)
            : start.Network(model, data, training.Seed, text => notes?.Report(new(text)));
        model = network.Options;
        try
        {
            if (device.type != DeviceType.CPU) network.to(device);
            var task = new ImageClassificationTask(
                network, data.Normalization, training, data.Validation, data.Identity(model, images), device, images.LayerDecay);
            var source = new ImageBatchSource(data.Training, data.Normalization, model.Classes, training, images, data.Range);
            var result = new Trainer<ImageBatch>(training).Run(task, source, progress, notes, stopProbe, cancellation);
            return new ImageClassifier(network, data.Normalization, result);
        }
        catch (Exception fault) when (fault.BestModel<TrainingResult>() is { } result)
        {
            fault.CarryBestModel(new ImageClassifier(network, data.Normalization, result));
            throw;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>The options with nothing left open.</summary>
    private static (VisionTransformerOptions Model, TrainingOptions Training, ImageTrainingOptions Images) Chosen(
        VisionTransformerOptions model, TrainingOptions asked, ImageTrainingOptions images, ImageData data,
            bool isTrained, StopSignal stop, IProgress<TrainingNote>? notes)
    {
        var training = MemoryBudget.Fit(model, AutomaticOptions.Chosen(asked, model.Width, data.Training.Count, isTrained,
            OptimizerKind.Muon));
        model = MemoryBudget.Keep(model, training);
        var chosen = asked.BatchSize is null ? $" (chosen for {data.Training.Count} rows and {training.Epochs} epochs)" : "";
        var gathered = training.AccumulationSteps > 1 ? $", {training.AccumulationSteps} for each step" : "";
        var trained = isTrained ? " and weights that are trained" : "";
        var rate = asked.LearningRate is null ? $" (chosen for width {model.Width}{trained})" : "";
        notes?.Report(new(string.Create(CultureInfo.InvariantCulture,
            $"Batches of {training.BatchSize} images{chosen}{gathered}, optimizer {training.Optimizer}, " +
            $"learning rate {training.LearningRate:G3}{rate}; training is estimated to take "
            + $"{MemoryEstimate.ForImages(model, training)} beyond the process without it.")));
        if (images.ChoosesGamma && !isTrained && data.Validation is { Count: > 0 })
        {
            model = model with { Stack = model.Stack with { Gamma = GammaSchedule.Automatic } };
            notes?.Report(new(AutomaticGamma.Chosen));
        }

        images = images with
        {
            AugmentCropPadding = images.CropPadding(model.ImageHeight, model.ImageWidth, training.Epochs),
            MixupAlpha = images.Mixup(training.Epochs, isTrained),
            ChoosesGamma = false, // decided here: a run is told from another by the network's gamma
        };
        if (images.AugmentFlip is not null) return (model, training, images);
        var test = MirrorTest.Of(data.Training, data.Normalization, model.Classes, training.Seed, stop);
        if (test is not null) notes?.Report(new($"{test}"));
        return (model, training, images with { AugmentFlip = test is null || test.IsHarmless });
    }
}
