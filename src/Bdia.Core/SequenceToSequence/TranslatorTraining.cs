using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Trains an encoder-decoder on text pairs, from rows to a translator.</summary>
public static class TranslatorTraining
{
    // Any that is valid, while there are no tokenizers yet.
    private const int SomeVocabulary = 4;

    /// <summary>
    /// Reads the pairs, trains tokenizers where none are given, sets rows aside for validation, trains, and returns the best translator.
    /// </summary>
    /// <remarks>
    /// Rows are read two to four times, and kept in memory as ids of two or four bytes. A run that goes on from a checkpoint reads the same
    /// rows and trains the same tokenizers once more; the checkpoint knows both by their hashes, and refuses others.
    /// </remarks>
    /// <param name="model">The network; its vocabularies are set from the tokenizers, whatever they are here.</param>
    /// <param name="training">How to train. BatchSize is not used: <see cref="SequenceTrainingOptions.TokensPerBatch"/> is.</param>
    /// <param name="sequences">Tokenizers, batches, lengths, validation, averaging, decoding.</param>
    /// <param name="train">Training rows. Those of which a side is empty are left out and counted.</param>
    /// <param name="validation">Validation rows; null = <see cref="SequenceTrainingOptions.ValidationFraction"/> of the training rows,
    /// which tokenizers are then not trained on either.</param>
    /// <param name="device">Where to train; null = the CPU.</param>
    /// <param name="progress">Called after every step and every epoch, on this thread. Items are the target's tokens, end tokens
    /// included.</param>
    /// <param name="notes">Told what a user should know of the data, a sentence each: rows left out, texts cut off, sizes.</param>
    /// <param name="stopProbe">Asked between batches; true ends the run as cancellation does.</param>
    /// <param name="start">
    /// A translator whose weights are gone on with, and whose tokenizers are kept; its network must have the same sizes. It is left as it
    /// is, and must not be disposed before training has begun. Null: random weights.
    /// </param>
    /// <param name="cancellation">Ends the run within a batch, with the best translator so far.</param>
    /// <returns>The translator, with the history of its training. Where an exception ends the run, the best translator so far comes with
    /// it: <see cref="TrainingFault.BestModel"/>.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or contradict one another; the message lists all faults of a
    /// record.</exception>
    /// <exception cref="InvalidDataException">There is no usable row, a text is too long where that is an error, or the data changes
    /// between two passes.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="CheckpointException">The checkpoint folder cannot be used or resumed, or a checkpoint not written.</exception>
    /// <exception cref="Reversible.ReversibilityException">A stack has left the range in which it is exact.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public static Translator Run(
        EncoderDecoderOptions model, TrainingOptions training, SequenceTrainingOptions sequences, ITextPairs train,
            ITextPairs? validation = null,
        Device? device = null, IProgress<TrainingProgress>? progress = null, IProgress<TrainingNote>? notes = null,
            Func<bool>? stopProbe = null, Translator? start = null, CancellationToken cancellation = default)
    {
        var ranks = training?.Distributed?.Ranks ?? RankGroup.Alone;
        return ranks.Guard(() => RunOnRank(
            model, training!, sequences, train, validation, device, ranks.IsFirst ? progress : null,
            ranks.IsFirst ? notes : null, stopProbe, start,
            cancellation));
    }

    private static Translator RunOnRank(
        EncoderDecoderOptions model, TrainingOptions training, SequenceTrainingOptions sequences, ITextPairs train,
            ITextPairs? validation,
        Device? device, IProgress<TrainingProgress>? progress, IProgress<TrainingNote>? notes,
            Func<bool>? stopProbe, Translator? start, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(sequences);
        ArgumentNullException.ThrowIfNull(train);
        if (start is not null) sequences = TranslatorStart.WithTokenizers(sequences, start);
        Check(model, training, sequences);

        // What is made in the caller's inference mode could not be trained.
        using var mode = inference_mode(false);
        device ??= CPU;
        var data = SequenceData.Read(sequences, training.Seed, train, validation, notes,
            new StopSignal(stopProbe, null, cancellation), cancellation);
        model = model with { SourceVocabulary = NetworkIds.Vocabulary(data.Source), TargetVocabulary = NetworkIds.Vocabulary(data.Target) };
        model.Validate(); // once more: whether embeddings can be shared depends on the vocabularies
        var plan = Fit(new TokenBatchPlan(data.Training, data.BatchTokens(sequences)), ref model, ref training,
            sequences, data, notes, out var parts);
        var network = start is null ? new EncoderDecoder(model, training.Seed) : TranslatorStart.Network(start, model, training.Seed);
        try
        {
            if (device.type != DeviceType.CPU) network.to(device);
            using var task = new TranslationTask(network, data, training, sequences, parts, data.Identity(model, sequences, parts), device);
            notes?.Report(new(FormattableString.Invariant(
                $"{plan.BatchCount(0)} batches in the first epoch, with {plan.PaddingShare(0):P1} padding.")));
            var trainer = new Trainer<TokenBatch>(training) { AverageEpochs = sequences.AverageEpochs, AverageOf = sequences.AverageOf };
            var result = trainer.Run(task, new TokenBatchSource(data.Training, plan, training.Seed), progress,
                notes, stopProbe, cancellation);
            if (task.CutOutputs(result) is { } cut) notes?.Report(new(cut, IsWarning: true));
            return Translator(result);
        }
        catch (Exception fault) when (fault.BestModel<TrainingResult>() is { } result)
        {
            fault.CarryBestModel(Translator(result));
            throw;
        }
        catch
        {
            network.Dispose();
            throw;
        }

        Translator Translator(TrainingResult result) =>
            new(network, data.Source, data.Target, sequences.MaxTokens, sequences.LongTexts, sequences.Decoding,
            result, Math.Max(data.MaxLengthConstant, start?.MaxLengthConstant ?? 0));
    }

    /// <summary>
    /// What the training of pairs of a given length takes, before there are any: the largest batch, with all texts that long.
    /// </summary>
    /// <param name="model">The network; its vocabularies are set from the tokenizers, or from the most tokens that one to be trained may
    /// have.</param>
    /// <param name="training">How to train; a <see cref="TrainingOptions.TrainingMemoryBytes"/> cuts batches as it does in
    /// training.</param>
    /// <param name="sequences">Tokenizers, batches, averaging. Where <see cref="SequenceTrainingOptions.TokensPerBatch"/> is null, the most
    /// that it may become is taken.</param>
    /// <param name="tokensPerText">Tokens of a source and of a target, 1 or more; null = <see cref="SequenceTrainingOptions.MaxTokens"/>,
    /// an upper bound.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or not even one pair at a time fits the budget.</exception>
    public static MemoryEstimate EstimateMemory(EncoderDecoderOptions model, TrainingOptions training,
        SequenceTrainingOptions sequences, int? tokensPerText = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(sequences);
        Check(model, training, sequences);
        var length = tokensPerText ?? sequences.MaxTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(length, 1, nameof(tokensPerText));
        var most = sequences.Tokenizer.VocabularySize;
        model = model with
        {
            SourceVocabulary = SpecialTokens.Count + (sequences.SourceTokenizer?.Size ?? most),
            TargetVocabulary = SpecialTokens.Count + (sequences.TargetTokenizer?.Size ?? most),
        };
        (int, int, int)[] shapes = [(Math.Max(1, sequences.BatchTokens(long.MaxValue) / length), length, length)];
        var copies = WeightCopies(training, sequences);
        var parts = training.PartsFor(BatchParts.Fewest(model, training, copies, shapes));
        return BatchParts.Largest(BatchParts.Keep(model, training, copies, shapes, parts), training, copies, shapes, parts);
    }

    // Those of the best epoch, those to be averaged, and the moving average.
    private static int WeightCopies(TrainingOptions training, SequenceTrainingOptions sequences)
        => 1 + (sequences.AverageEpochs > 1 ? sequences.AverageEpochs : 0) + training.MovingAverages;

    /// <summary>The plan, cut so that it fits the memory budget; more accumulation makes up for it.</summary>
    private static TokenBatchPlan Fit(
        TokenBatchPlan plan, ref EncoderDecoderOptions model, ref TrainingOptions training, SequenceTrainingOptions sequences,
            SequenceData data, IProgress<TrainingNote>? notes, out int parts)
    {
        // Without a budget the first epoch is enough to tell how much it takes.
        var (shapes, copies) = (plan.Shapes(training.TrainingMemoryBytes is null ? 1 : training.Epochs), WeightCopies(training, sequences));
        parts = training.PartsFor(BatchParts.Fewest(model, training, copies, shapes));
        model = BatchParts.Keep(model, training, copies, shapes, parts);
        notes?.Report(new($"Training is estimated to take {BatchParts.Largest(model, training, copies, shapes, parts)} beyond the "
            + "process without it"
            + (parts == 1 ? "." : $"; {(training.Distributed is null ? "for that, " : "")}batches are cut into {parts} parts, which are "
                + "gathered for one step.")));
        if (parts == 1) return plan;
        training = training.CutInto(parts);
        training.Validate();
        return new TokenBatchPlan(data.Training, data.BatchTokens(sequences), parts);
    }

    private static void Check(EncoderDecoderOptions model, TrainingOptions training, SequenceTrainingOptions sequences)
    {
        (model with { SourceVocabulary = SomeVocabulary, TargetVocabulary = SomeVocabulary }).Validate();
        training.Validate(model.Stack.Mode);
        sequences.Validate();
        if (sequences.MaxTokens > model.MaxLength)
            throw new ArgumentException($"MaxTokens is {sequences.MaxTokens}, but the network's MaxLength is {model.MaxLength}. Lower "
                + "the one or raise the other.");
        if (training.BestBy == ModelSelection.Score && sequences.BleuEveryEpochs == 0)
            throw new ArgumentException($"BestBy is {ModelSelection.Score}, which is BLEU, but BleuEveryEpochs is 0. Set it to 1 or "
                + $"more, or BestBy to {ModelSelection.Loss}.");
    }
}
