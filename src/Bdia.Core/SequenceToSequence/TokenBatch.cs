using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Pairs ready for the network. Owns its tensors.</summary>
/// <param name="Source">(B, S) int64, padded at the end.</param>
/// <param name="Target">(B, T) int64: what the decoder reads, the start token and all of the output but its last id; padded at the
/// end.</param>
/// <param name="Positions">(N) int64: which of the B * T positions hold an output id, row by row; null where all do.</param>
/// <param name="Outputs">The N ids to be written at these positions.</param>
internal sealed record TokenBatch(Tensor Source, Tensor Target, Tensor? Positions, int[] Outputs) : IDisposable
{
    public void Dispose()
    {
        Source.Dispose();
        Target.Dispose();
        Positions?.Dispose();
    }
}
