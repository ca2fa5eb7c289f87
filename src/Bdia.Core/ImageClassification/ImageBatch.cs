using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>Images ready for the model. Owns its tensors.</summary>
/// <param name="Images">(B, C, H, W), normalised.</param>
/// <param name="Targets">(B, classes): probabilities that the loss is taken against, times the weight of the image that they come
/// from.</param>
/// <param name="Labels">(B): the class of each image, of the larger part of a mixed one.</param>
/// <param name="Weight">Sum of the images' weights.</param>
internal sealed record ImageBatch(Tensor Images, Tensor Targets, Tensor Labels, double Weight) : IDisposable
{
    public int Count => (int)Images.shape[0];

    public void Dispose()
    {
        Images.Dispose();
        Targets.Dispose();
        Labels.Dispose();
    }
}
