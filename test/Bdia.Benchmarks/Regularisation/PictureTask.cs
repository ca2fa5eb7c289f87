using Bdia.Core.Formats;
using Bdia.Core.ImageClassification;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Regularisation;

/// <summary>Any network of pictures, as the library's trainer takes it; keeps a copy of the weights of the last epoch.</summary>
internal sealed class PictureTask(
    nn.Module<Tensor, Tensor> network, TrainingClock clock, JudgedRows heldBack, int epochs, string identity) : ITrainingTask<ImageBatch>
{
    public nn.Module Module => network;

    public TrainingClock Clock => clock;

    public IReadOnlyCollection<string> WithoutDecay => Core.Models.VisionTransformer.WithoutDecay;

    public IReadOnlyDictionary<string, string> Identity { get; } = new Dictionary<string, string> { ["Contender"] = identity };

    public bool HasValidation => true;

    public ReversibilityException? BackwardFault => network.modules().OfType<BdiaStack>().FirstOrDefault()?.BackwardFault;

    public long SideInformationBytes => network.modules().OfType<BdiaStack>().Sum(stack => stack.SideInformationBytes);

    /// <summary>The weights of the last epoch; null before its end.</summary>
    public Dictionary<string, Tensor>? Last { get; private set; }

    public BatchLoss Loss(ImageBatch batch)
    {
        var logits = network.forward(batch.Images);
        return new(ClassLoss.Mean(logits, batch.Targets, batch.Weight), batch.Weight, batch.Count, ClassLoss.Correct(logits, batch.Labels));
    }

    public ValidationResult? Validate(int epoch, StopSignal stop)
    {
        if (epoch == epochs)
            Last = ModuleState.Save(network).ToDictionary(pair => pair.Key, pair => pair.Value.clone().DetachFromDisposeScope());
        var judgement = heldBack.Judge(network);
        return new(judgement.LogLoss, heldBack.Count, judgement.Accuracy);
    }
}
