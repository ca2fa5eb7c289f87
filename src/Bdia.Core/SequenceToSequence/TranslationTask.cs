using System.Globalization;
using Bdia.Core.Decoding;
using Bdia.Core.Metrics;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>
/// Cross-entropy of an encoder-decoder on the target's tokens, and its validation: loss over all tokens, BLEU of decoded text.
/// </summary>
internal sealed class TranslationTask(
    EncoderDecoder model, SequenceData data, TrainingOptions training, SequenceTrainingOptions options, int parts,
    IReadOnlyDictionary<string, string> identity, Device device) : ITrainingTask<TokenBatch>, IDisposable
{
    private const int BatchesAhead = 1;
    private const int DecodedAtOnce = 128; // rows between two questions whether to stop
    private const int Average = 0; // in place of an epoch
    private readonly Dictionary<int, int> cutOutputs = [];
    private OutputLoss? lossBefore;

    /// <inheritdoc/>
    public nn.Module Module => model;

    /// <inheritdoc/>
    public TrainingClock Clock => model.Clock;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> WithoutDecay => model.WithoutDecay;

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, string> Identity => identity;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Adjustable => SequenceData.Adjustable;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Judgement => SequenceData.Judgement;

    /// <inheritdoc/>
    public bool HasValidation => data.Validation is not null;

    /// <inheritdoc/>
    public ReversibilityException? BackwardFault => model.Decoder.BackwardFault ?? model.Encoder.BackwardFault;

    /// <inheritdoc/>
    public IReadOnlyList<BdiaStack> Stacks => [model.Encoder, model.Decoder];

    /// <inheritdoc/>
    public long SideInformationBytes => model.Encoder.SideInformationBytes + model.Decoder.SideInformationBytes;

    /// <inheritdoc/>
    /// <remarks>Weight and items are the target's tokens, end tokens included.</remarks>
    public BatchLoss Loss(TokenBatch batch)
    {
        Dispose(); // before the next one of its size is made
        lossBefore = OutputLoss.Mean(States(batch), model.Output, batch.Outputs, SpecialTokens.Padding, training.LabelSmoothing);
        return new BatchLoss(lossBefore.Value, batch.Outputs.Length, batch.Outputs.Length, lossBefore.Correct, batch.Source.shape[0]);
    }

    /// <inheritdoc/>
    public ValidationResult? Validate(int epoch, StopSignal stop)
        => Judge(epoch, options.BleuEveryEpochs > 0 && (epoch % options.BleuEveryEpochs == 0 || epoch == training.Epochs), stop);

    /// <inheritdoc/>
    public ValidationResult? ValidateAverage(int epoch, StopSignal stop) => Judge(Average, options.BleuEveryEpochs > 0, stop);

    /// <summary>
    /// How many validation outputs of the model that a run ended with were cut off, as a sentence; null where none was, or none was
    /// decoded.
    /// </summary>
    public string? CutOutputs(TrainingResult result)
    {
        var epoch = result.AveragedEpochs is not null ? Average : result.BestEpoch
            ?? (result.History.Count > 0 ? result.History[^1].Epoch : Average);
        if (!cutOutputs.TryGetValue(epoch, out var cut) || cut == 0) return null;
        var decoding = data.Decoding(options);
        return string.Create(CultureInfo.InvariantCulture,
            $"{cut} of {data.References.Count} validation outputs were cut off at their longest length, {decoding.MaxLengthRatio} times "
            + $"the source's tokens and {decoding.MaxLengthConstant} more, ")
            + "before the model had ended them; BLEU takes them as they are. A model that has learned little may not end its texts; "
            + "otherwise raise Decoding.MaxLengthConstant.";
    }

    /// <summary>Frees what is left of the last loss.</summary>
    public void Dispose()
    {
        lossBefore?.Dispose();
        lossBefore = null;
    }

    private ValidationResult Judge(int epoch, bool bleu, StopSignal stop)
    {
        Dispose();
        var totals = new SharedValidation(training.Distributed);
        var plan = new TokenBatchPlan(data.Validation!, data.BatchTokens(options), parts);
        using var ahead = new Prefetch<TokenBatch>(
            _ => totals.Own(plan.InOrder()).Select(part => TokenBatchWriter.Write(data.Validation!, part.Rows, part.Rows)), BatchesAhead);
        while (ahead.TryTake(stop, out var batch))
        {
            using var owner = batch;
            stop.ThrowIfRequested();
            using var scope = NewDisposeScope();
            var (sum, correct) = OutputLoss.Sum(States(batch), model.Output, batch.Outputs, SpecialTokens.Padding);
            totals.Add(sum, batch.Outputs.Length, correct);
        }

        stop.ThrowIfRequested();
        return totals.ToResult(bleu ? Bleu(epoch, totals, stop) : null);
    }

    /// <summary>
    /// States (N, D) of the positions that have an output, and of those alone: the output product is the largest of a small network.
    /// </summary>
    private Tensor States(TokenBatch batch)
    {
        var source = batch.Source.to(device);
        var memory = model.Encode(source);                                  // (B, S, D)
        var states = model.Decode(batch.Target.to(device), memory, source); // (B, T, D)
        var flat = states.reshape(-1, model.Options.Width);                 // (B * T, D)
        return batch.Positions is { } positions ? flat.index_select(0, positions.to(device)) : flat;
    }

    private double Bleu(int epoch, SharedValidation shared, StopSignal stop)
    {
        var decoding = data.Decoding(options);
        // Rows of like length together, since a batch takes as long as its longest.
        int[][] batches = [.. Enumerable.Range(0, data.References.Count).OrderBy(data.Validation!.Source.Length).Chunk(DecodedAtOnce)];
        var decoded = new List<Decoded>();
        foreach (var rows in shared.Own(batches))
        {
            stop.ThrowIfRequested();
            var hypotheses = Decoder.Decode(model, [.. rows.Select(row => new DecodingInput(Source(row), []))], decoding, data.Target);
            decoded.Add(new([.. hypotheses.Select(found => WrittenText.Of(data.Target, [], decoding, found[0]))],
                hypotheses.Count(found => !found[0].Finished)));
        }

        var all = shared.All(decoded);
        cutOutputs[epoch] = all.Sum(batch => batch.Cut);
        var outputs = new string[data.References.Count];
        foreach (var (rows, batch) in batches.Zip(all))
            for (var i = 0; i < rows.Length; i++) outputs[rows[i]] = batch.Texts[i];
        return Metrics.Bleu.Corpus(outputs, [.. data.References.Select(reference => new[] { reference })]).Score;
    }

    /// <summary>Outputs of a batch, and how many were cut off.</summary>
    private sealed record Decoded(string[] Texts, int Cut);

    private int[] Source(int row)
    {
        var ids = new long[data.Validation!.Source.Length(row)];
        data.Validation.Source.CopyTo(row, ids);
        return [.. ids.Select(id => (int)id)];
    }
}
