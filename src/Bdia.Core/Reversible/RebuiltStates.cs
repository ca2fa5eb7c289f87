using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// <see cref="BackpropagationMode.Reversible"/>: the last two states and the pads are kept, every other state is written over and rebuilt
/// in the memory of the one two above it.
/// </summary>
/// <param name="stepper">Takes the steps.</param>
/// <param name="depth">K.</param>
/// <param name="memory">Of the pass.</param>
/// <param name="shape">Of a state.</param>
/// <param name="witness">Who sees every state, and every rebuilt one; null for nobody.</param>
/// <param name="isWhole">
/// Whether x_K is the caller's. Then it is not written over, and the last two states lie outside of the workspace, which nobody holds
/// between the two ways.
/// </param>
internal sealed class RebuiltStates(Stepper stepper, int depth, PassMemory memory, long[] shape, IStateWitness? witness, bool isWhole)
    : IStates
{
    private readonly PackedPads[] pads = stepper.NewPads(depth - 1); // of block 1, 2, ...
    private Tensor? waiting; // x_{K-1}, where it lies outside

    public long SideInformationBytes { get; private set; }

    public bool KeepsEvaluation(int k) => false;

    public Tensor Place(int k, Tensor? xBefore)
    {
        if (!isWhole || k < depth - 1) return xBefore ?? memory.Rent(shape);
        memory.Workspace.Return(xBefore); // the step that reads it rents nothing
        var outside = memory.Outside(shape);
        if (k < depth) waiting = outside;
        return outside;
    }

    public void Keep(int k, Tensor x) => witness?.Record(k, x);

    public PackedPads? Pads(int k) => k == 0 ? null : pads[k - 1];

    public void Rest()
    {
        SideInformationBytes = pads.Sum(p => p.SizeInBytes);
        if (isWhole) memory.LetGo();
    }

    public Tensor? Before(int k, Tensor xNext, Tensor x, IEvaluation evaluation, float[] gamma)
    {
        if (k == 0)
        {
            FirstStep.Check(stepper, memory, x, evaluation.Value, xNext);
            return null;
        }

        var xPrevious = isWhole && k == depth - 1 ? memory.Rent(shape) : xNext;
        stepper.Previous(xPrevious, xNext, x, evaluation.Value, gamma, pads[k - 1]);
        witness?.Compare(k - 1, xPrevious);
        return xPrevious;
    }

    public void Leave(int k, Tensor x)
    {
    }

    public void Dispose()
    {
        foreach (var p in pads) p.Dispose();
        waiting?.Dispose();
    }
}
