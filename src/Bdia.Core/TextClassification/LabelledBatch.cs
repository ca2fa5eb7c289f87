using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>Texts ready for the network. Owns its tensors.</summary>
/// <param name="Ids">(B, N) int64, padded at the end.</param>
/// <param name="Targets">(B, classes): probabilities that the loss is taken against, times the weight of the row.</param>
/// <param name="Labels">(B): the class of each row.</param>
/// <param name="Weight">Sum of the rows' weights.</param>
internal sealed record LabelledBatch(Tensor Ids, Tensor Targets, Tensor Labels, double Weight) : IDisposable
{
    public int Count => (int)Ids.shape[0];

    public void Dispose()
    {
        Ids.Dispose();
        Targets.Dispose();
        Labels.Dispose();
    }
}
