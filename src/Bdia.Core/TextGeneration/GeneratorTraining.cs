using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextGeneration;

/// <summary>Trains a language model on texts, from rows to a generator.</summary>
public static class GeneratorTraining
{
    // Any that is valid, while there is no tokenizer yet.
    private const int SomeVocabulary = 4;

    /// <summary>
    /// Reads the texts, trains a tokenizer where none is given, sets texts aside for validation, trains, and returns the best generator.
    /// </summary>
    /// <remarks>
    /// Rows are read two to five times, and kept in memory as ids of two or four bytes. A run that goes on from a checkpoint reads the same
    /// rows and trains the same tokenizer once more; the checkpoint knows both by their hashes, and refuses others.
    /// </remarks>
    /// <param name="model">The network; its vocabulary is set from the tokenizer, whatever it is here.</param>
    /// <param name="training">How to train. BatchSize is not used: <see cref="GenerationTrainingOptions.TokensPerBatch"/> is.</param>
    /// <param name="generation">Tokenizer, windows, batches, validation, averaging, decoding.</param>
    /// <param name="train">Training rows; empty ones are left out and counted.</param>
    /// <param name="validation">Validation rows; null = <see cref="GenerationTrainingOptions.ValidationFraction"/> of the training rows,
    /// which the tokenizer is then not trained on either.</param>
    /// <param name="device">Where to train; null = the CPU.</param>
    /// <param name="progress">Called after every step and every epoch, on this thread. Items are tokens, end tokens included.</param>
    /// <param name="notes">Told what a user should know of the data, a sentence each.</param>
    /// <param name="stopProbe">Asked between batches; true ends the run as cancellation does.</param>
    /// <param name="start">
    /// A generator whose weights are gone on with, and whose tokenizer is kept; its network must have the same sizes. It is left as it
    /// is, and must not be disposed before training has begun. Null: random weights.
    /// </param>
    /// <param name="cancellation">Ends the run within a batch, with the best generator so far.</param>
    /// <returns>The generator, with the history of its training. Where an exception ends the run, the best generator so far comes with
    /// it: <see cref="TrainingFault.BestModel"/>.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or contradict one another; the message lists all faults of a
    /// record.</exception>
    /// <exception cref="InvalidDataException">There is no text, or the data changes between two passes.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="CheckpointException">The checkpoint folder cannot be used or resumed, or a checkpoint not written.</exception>
    /// <exception cref="Reversible.ReversibilityException">The stack has left the range in which it is exact.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public static TextGenerator Run(
        LanguageModelOptions model, TrainingOptions training, GenerationTrainingOptions generation, ITexts train, ITexts? validation = null,
        Device? device = null, IProgress<TrainingProgress>? progress = null, IProgress<TrainingNote>? notes = null,
        Func<bool>? stopProbe = null, TextGenerator? start = null, CancellationToken cancellation = default)
    {
        var ranks = training?.Distributed?.Ranks ?? RankGroup.Alone;
        return ranks.Guard(() => RunOnRank(
            model, training!, generation, train, validation, device, ranks.IsFirst ? progress : null,
            ranks.IsFirst ? notes : null, stopProbe, start,
            cancellation));
    }

    private static TextGenerator RunOnRank(
        LanguageModelOptions model, TrainingOptions training, GenerationTrainingOptions generation, ITexts train, ITexts? validation,
        Device? device, IProgress<TrainingProgress>? progress, IProgress<TrainingNote>? notes,
        Func<bool>? stopProbe, TextGenerator? start, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(generation);
        ArgumentNullException.ThrowIfNull(train);
        if (start is not null) generation = GeneratorStart.WithTokenizer(generation, start);
        Check(model, training, generation);

        // What is made in the caller's inference mode could not be trained.
        using var mode = inference_mode(false);
        device ??= CPU;
        var data = GenerationData.Read(generation, training.Seed, train, validation, notes,
            new StopSignal(stopProbe, null, cancellation), cancellation);
        model = model with { Vocabulary = NetworkIds.Vocabulary(data.Tokenizer) };
        var plan = Fit(ref model, ref training, generation, data, notes, out var parts);
        var network = start is null ? new LanguageModel(model, training.Seed) : GeneratorStart.Network(start, model, training.Seed);
        try
        {
            if (device.type != DeviceType.CPU) network.to(device);
            using var task = new GenerationTask(network, data, training, generation, data.Identity(model, generation, parts), device);
            notes?.Report(new($"{plan.BatchCount(0)} batches in the first epoch."));
            var trainer = new Trainer<WindowBatch>(training) { AverageEpochs = generation.AverageEpochs, AverageOf = generation.AverageOf };
            return Generator(trainer.Run(task, new WindowBatchSource(data.Training, plan), progress, notes, stopProbe, cancellation));
        }
        catch (Exception fault) when (fault.BestModel<TrainingResult>() is { } result)
        {
            fault.CarryBestModel(Generator(result));
            throw;
        }
        catch
        {
            network.Dispose();
            throw;
        }

        TextGenerator Generator(TrainingResult result) => new(network, data.Tokenizer, generation.Decoding, result);
    }

    /// <summary>What training takes, before there are any texts: the largest batch, of whole windows.</summary>
    /// <param name="model">The network; its vocabulary is set from the tokenizer, or from the most tokens that one to be trained may
    /// have.</param>
    /// <param name="training">How to train; a <see cref="TrainingOptions.TrainingMemoryBytes"/> cuts batches as it does in
    /// training.</param>
    /// <param name="generation">Tokenizer, windows, batches, averaging. Where <see cref="GenerationTrainingOptions.TokensPerBatch"/> is
    /// null, the most that it may become is taken.</param>
    /// <param name="tokensPerText">Tokens of a window, 1 or more; null = <see cref="GenerationTrainingOptions.MaxTokens"/>.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or not even one window at a time fits the budget.</exception>
    public static MemoryEstimate EstimateMemory(LanguageModelOptions model, TrainingOptions training, GenerationTrainingOptions generation,
        int? tokensPerText = null)
    {
        Check(model, training, generation);
        var length = tokensPerText ?? generation.MaxTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(tokensPerText));
        var tokens = generation.Tokenizer?.Size ?? generation.TokenizerTraining.VocabularySize;
        model = model with { Vocabulary = SpecialTokens.Count + tokens };
        (int, int)[] shapes = [(Math.Max(1, generation.BatchTokens(long.MaxValue) / length), length)];
        var copies = WeightCopies(training, generation);
        var parts = training.PartsFor(GenerationParts.Fewest(model, training, copies, shapes));
        return GenerationParts.Largest(GenerationParts.Keep(model, training, copies, shapes, parts), training, copies, shapes, parts);
    }

    // Those of the best epoch, those to be averaged, and the moving average.
    private static int WeightCopies(TrainingOptions training, GenerationTrainingOptions generation)
        => 1 + (generation.AverageEpochs > 1 ? generation.AverageEpochs : 0) + training.MovingAverages;

    /// <summary>The plan, cut so that it fits the memory budget; more accumulation makes up for it.</summary>
    private static WindowPlan Fit(ref LanguageModelOptions model, ref TrainingOptions training, GenerationTrainingOptions generation,
        GenerationData data, IProgress<TrainingNote>? notes, out int parts)
    {
        // Places of windows differ from epoch to epoch, and the largest batches, of whole windows, do not.
        var (seed, tokens, copies) = (training.Seed, data.BatchTokens(generation), WeightCopies(training, generation));
        var shapes = new WindowPlan(data.Training, generation.MaxTokens, tokens, seed).Shapes(1);
        parts = training.PartsFor(GenerationParts.Fewest(model, training, copies, shapes));
        model = GenerationParts.Keep(model, training, copies, shapes, parts);
        notes?.Report(new($"Training is estimated to take {GenerationParts.Largest(model, training, copies, shapes, parts)} beyond the "
            + "process without it"
            + (parts == 1 ? "." : $"; {(training.Distributed is null ? "for that, " : "")}batches are cut into {parts} parts, which are "
                + "gathered for one step.")));
        if (parts > 1)
        {
            training = training.CutInto(parts);
            training.Validate();
        }

        return new WindowPlan(data.Training, generation.MaxTokens, tokens, seed, parts);
    }

    private static void Check(LanguageModelOptions model, TrainingOptions training, GenerationTrainingOptions generation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(generation);
        (model with { Vocabulary = SomeVocabulary }).Validate();
        training.Validate(model.Stack.Mode);
        generation.Validate();
        if (generation.MaxTokens > model.MaxLength)
            throw new ArgumentException($"MaxTokens is {generation.MaxTokens}, but the network's MaxLength is {model.MaxLength}. Lower "
                + "the one or raise the other.");
        if (training.BestBy == ModelSelection.Score)
            throw new ArgumentException($"BestBy is {ModelSelection.Score}, and a generator has no score; set it to {ModelSelection.Loss} "
                + $"or {ModelSelection.Accuracy}.");
    }
}
