using System.Globalization;
using Bdia.Core.Distributed;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>Trains a text encoder to tell texts apart, from rows to a classifier.</summary>
public static class TextClassifierTraining
{
    // Any that is valid, while there is no tokenizer yet.
    private const int SomeVocabulary = 4;

    /// <summary>
    /// Reads the rows, trains a tokenizer where none is given, sets rows aside for validation, trains, and returns the best classifier.
    /// </summary>
    /// <remarks>
    /// Rows are read two or three times, and kept in memory as ids of two or four bytes. A run that goes on from a checkpoint reads the
    /// same rows and trains the same tokenizer once more; the checkpoint knows both by their hashes, and refuses others.
    /// </remarks>
    /// <param name="model">The network; its vocabulary is set from the tokenizer, whatever it is here.</param>
    /// <param name="training">How to train.</param>
    /// <param name="texts">Tokenizer, lengths, class weights, validation.</param>
    /// <param name="train">Training rows, of at least two classes. Those without text are left out and counted.</param>
    /// <param name="validation">Validation rows; null = <see cref="TextClassificationOptions.ValidationFraction"/> of the training rows,
    /// which the tokenizer is then not trained on either.</param>
    /// <param name="device">Where to train; null = the CPU.</param>
    /// <param name="progress">Called after every step and every epoch, on this thread. Items are rows.</param>
    /// <param name="notes">Told what a user should know of the data and of what was chosen, a sentence each.</param>
    /// <param name="stopProbe">Asked between batches; true ends the run as cancellation does.</param>
    /// <param name="start">Weights to begin with, of a network of the same sizes, and their tokenizer; null: random ones.</param>
    /// <param name="cancellation">Ends the run within a batch, with the best classifier so far.</param>
    /// <returns>The classifier, with the history of its training. Where an exception ends the run, the best classifier so far comes with
    /// it: <see cref="TrainingFault.BestModel"/>.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or contradict one another; the message lists all faults of a record.
    /// Or not even one row at a time fits <see cref="TrainingOptions.TrainingMemoryBytes"/>.</exception>
    /// <exception cref="InvalidDataException">There is no usable row, or only one class, a row is too long where that is an error, a label
    /// is no class, or the data changes between two passes.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled before the first step was done.</exception>
    /// <exception cref="TimeoutException">The time budget was used up before the first step was done.</exception>
    /// <exception cref="TrainingDivergedException">A loss or gradient is NaN or infinite.</exception>
    /// <exception cref="CheckpointException">The checkpoint folder cannot be used or resumed, or a checkpoint not written.</exception>
    /// <exception cref="Reversible.ReversibilityException">The stack has left the range in which it is exact.</exception>
    /// <exception cref="DistributedException">Another rank has failed or does not answer, or ranks do not train the same.</exception>
    public static TextClassifier Run(
        TextEncoderOptions model, TrainingOptions training, TextClassificationOptions texts, ILabelledTexts train,
        ILabelledTexts? validation = null, Device? device = null, IProgress<TrainingProgress>? progress = null,
        IProgress<TrainingNote>? notes = null, Func<bool>? stopProbe = null, TextClassifierStart? start = null,
        CancellationToken cancellation = default)
    {
        var ranks = training?.Distributed?.Ranks ?? RankGroup.Alone;
        return ranks.Guard(() => RunOnRank(
            model, training!, texts, train, validation, device, ranks.IsFirst ? progress : null,
            ranks.IsFirst ? notes : null, stopProbe, start,
            cancellation));
    }

    private static TextClassifier RunOnRank(
        TextEncoderOptions model, TrainingOptions training, TextClassificationOptions texts, ILabelledTexts train,
        ILabelledTexts? validation, Device? device, IProgress<TrainingProgress>? progress,
        IProgress<TrainingNote>? notes, Func<bool>? stopProbe, TextClassifierStart? start,
        CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(train);
        if (start is not null) texts = WithTokenizer(texts, start);
        Check(model, training, texts);

        // What is made in the caller's inference mode could not be trained.
        using var mode = inference_mode(false);
        device ??= CPU;
        var data = ClassificationTexts.Read(model, texts, training.Seed, train, validation, notes,
            new StopSignal(stopProbe, null, cancellation), cancellation);
        model = model with { Vocabulary = NetworkIds.Vocabulary(data.Tokenizer) };
        (model, training) = Chosen(model, training, data.Training, start is not null, notes);
        var network = start?.Network(model, training.Seed) ?? new TextEncoder(model, training.Seed);
        try
        {
            if (device.type != DeviceType.CPU) network.to(device);
            var task = new TextClassificationTask(network, training, data.Validation, data.Identity(model, texts), device);
            var source = new LabelledBatchSource(data.Training, model.Classes, training, texts);
            return Classifier(new Trainer<LabelledBatch>(training).Run(task, source, progress, notes, stopProbe, cancellation));
        }
        catch (Exception fault) when (fault.BestModel<TrainingResult>() is { } result)
        {
            fault.CarryBestModel(Classifier(result));
            throw;
        }
        catch
        {
            network.Dispose();
            throw;
        }

        TextClassifier Classifier(TrainingResult result) => new(network, data.Tokenizer, texts.MaxTokens, texts.LongTexts, result);
    }

    /// <summary>What training on rows of a given length takes, before there are any.</summary>
    /// <param name="model">The network; its vocabulary is set from the tokenizer, or from the most tokens that one to be trained may
    /// have.</param>
    /// <param name="training">How to train; a <see cref="TrainingOptions.TrainingMemoryBytes"/> cuts batches as it does in training. Where
    /// the batch size is null, the largest that is chosen is taken.</param>
    /// <param name="texts">Tokenizer and lengths.</param>
    /// <param name="tokensPerRow">Tokens of every row of the largest batch, 1 or more; null =
    /// <see cref="TextClassificationOptions.MaxTokens"/>, an upper bound.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range, or not even one row at a time fits the budget.</exception>
    public static MemoryEstimate EstimateMemory(TextEncoderOptions model, TrainingOptions training, TextClassificationOptions texts,
        int? tokensPerRow = null)
    {
        Check(model, training, texts);
        var tokens = tokensPerRow ?? texts.MaxTokens;
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1, nameof(tokensPerRow));
        model = model with { Vocabulary = SpecialTokens.Count + (texts.Tokenizer?.Size ?? texts.TokenizerTraining.VocabularySize) };
        training = MemoryBudget.Fit(model, training, tokens);
        return MemoryEstimate.ForTexts(MemoryBudget.Keep(model, training, tokens), training, tokens);
    }

    /// <summary>The options with nothing left open.</summary>
    private static (TextEncoderOptions Model, TrainingOptions Training) Chosen(TextEncoderOptions model, TrainingOptions asked,
        LabelledTokens rows, bool isTrained, IProgress<TrainingNote>? notes)
    {
        var longest = rows.Ids.Longest;
        var training = MemoryBudget.Fit(model, AutomaticOptions.Chosen(asked, model.Width, rows.Count, isTrained), longest);
        model = MemoryBudget.Keep(model, training, longest);
        var chosen = asked.BatchSize is null ? $" (chosen for {rows.Count} rows and {training.Epochs} epochs)" : "";
        var gathered = training.AccumulationSteps > 1 ? $", {training.AccumulationSteps} for each step" : "";
        var trained = isTrained ? " and weights that are trained" : "";
        var rate = asked.LearningRate is null ? $" (chosen for width {model.Width}{trained})" : "";
        notes?.Report(new(string.Create(CultureInfo.InvariantCulture,
            $"Batches of {training.MostRows} texts{chosen}{gathered}, learning rate {training.LearningRate:G3}{rate}; training is "
            + $"estimated to take {MemoryEstimate.ForTexts(model, training, longest)} beyond the process without it.")));
        return (model, training);
    }

    private static TextClassificationOptions WithTokenizer(TextClassificationOptions texts, TextClassifierStart start)
    {
        ArgumentNullException.ThrowIfNull(texts);
        if (texts.Tokenizer is not null && !ReferenceEquals(texts.Tokenizer, start.Tokenizer))
            throw new ArgumentException("Tokenizer and start are both given, and the weights of start have a tokenizer of their own; leave "
                + "Tokenizer unset.");
        return texts with { Tokenizer = start.Tokenizer };
    }

    private static void Check(TextEncoderOptions model, TrainingOptions training, TextClassificationOptions texts)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentNullException.ThrowIfNull(texts);
        (model with { Vocabulary = SomeVocabulary }).Validate();
        training.Validate(model.Stack.Mode);
        texts.Validate(model.Classes);
        if (texts.MaxTokens > model.MaxLength)
            throw new ArgumentException($"MaxTokens is {texts.MaxTokens}, but the network's MaxLength is {model.MaxLength}. Lower the one "
                + "or raise the other.");
    }
}
