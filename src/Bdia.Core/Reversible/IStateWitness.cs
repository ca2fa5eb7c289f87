using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>Sees every state on the way forward and again, rebuilt, on the way back.</summary>
internal interface IStateWitness
{
    /// <summary>x_k as the forward pass computed it, k = 0..K-1.</summary>
    void Record(int k, Tensor state);

    /// <summary>x_k as the inverse of block k+1 rebuilt it. May put the true state back, or throw.</summary>
    void Compare(int k, Tensor rebuilt);
}
