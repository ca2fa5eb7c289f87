using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextGeneration;

/// <summary>Cross-entropy of a language model on the tokens of texts, and its validation by the same.</summary>
internal sealed class GenerationTask(
    LanguageModel model, GenerationData data, TrainingOptions training, GenerationTrainingOptions options,
    IReadOnlyDictionary<string, string> identity, Device device) : ITrainingTask<WindowBatch>, IDisposable
{
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
    public IReadOnlyCollection<string> Adjustable => GenerationData.Adjustable;

    /// <inheritdoc/>
    public IReadOnlyCollection<string> Judgement => GenerationData.Judgement;

    /// <inheritdoc/>
    public bool HasValidation => data.Validation is not null;

    /// <inheritdoc/>
    public ReversibilityException? BackwardFault => model.Blocks.BackwardFault;

    /// <inheritdoc/>
    public IReadOnlyList<BdiaStack> Stacks => [model.Blocks];

    /// <inheritdoc/>
    public long SideInformationBytes => model.Blocks.SideInformationBytes;

    /// <inheritdoc/>
    /// <remarks>Weight and items are tokens, end tokens included.</remarks>
    public BatchLoss Loss(WindowBatch batch)
    {
        Dispose(); // before the next one of its size is made
        lossBefore = OutputLoss.Mean(WindowLoss.States(model, batch, device), model.Output, batch.Outputs, SpecialTokens.Padding,
            training.LabelSmoothing);
        return new BatchLoss(lossBefore.Value, batch.Outputs.Length, batch.Outputs.Length, lossBefore.Correct, batch.Ids.shape[0]);
    }

    /// <inheritdoc/>
    public ValidationResult? Validate(int epoch, StopSignal stop)
    {
        Dispose();
        var totals = new SharedValidation(training.Distributed);
        foreach (var (sum, tokens, correct) in WindowLoss.Sums(model, data.Validation!, options.MaxTokens, data.BatchTokens(options),
            device, stop.ThrowIfRequested, totals)) totals.Add(sum, tokens, correct);
        return totals.ToResult();
    }

    /// <summary>Frees what is left of the last loss.</summary>
    public void Dispose()
    {
        lossBefore?.Dispose();
        lossBefore = null;
    }
}
