using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>Two states at a time, x_{k+1} written over x_{k-1}: a pass that nobody goes back through.</summary>
/// <param name="memory">Of the pass.</param>
/// <param name="shape">Of a state.</param>
/// <param name="last">The state that is the caller's, K; null where none is.</param>
internal sealed class PassingStates(PassMemory memory, long[] shape, int? last) : IStates
{
    public long SideInformationBytes => 0;

    public bool KeepsEvaluation(int k) => false;

    public Tensor Place(int k, Tensor? xBefore)
    {
        if (k != last) return xBefore ?? memory.Rent(shape);
        memory.Workspace.Return(xBefore); // the step that reads it rents nothing
        return memory.Outside(shape);
    }

    public void Keep(int k, Tensor x)
    {
    }

    public PackedPads? Pads(int k) => null;

    public void Rest()
    {
    }

    public Tensor? Before(int k, Tensor xNext, Tensor x, IEvaluation evaluation, float[] gamma)
        => throw new InvalidOperationException("The pass was made to go forward only.");

    public void Leave(int k, Tensor x)
    {
    }

    public void Dispose()
    {
    }
}
