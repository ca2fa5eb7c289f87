using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// <see cref="BackpropagationMode.Reversible"/> with room for more: what the last blocks evaluate is kept, with the states that they begin
/// with and the one below; all states below that one are rebuilt from there.
/// </summary>
/// <param name="stepper">Takes the steps.</param>
/// <param name="depth">K.</param>
/// <param name="kept">Blocks whose evaluations are kept, 1..K-1.</param>
/// <param name="memory">Of the pass, which holds it between the two ways.</param>
/// <param name="shape">Of a state.</param>
/// <param name="witness">Who sees every state, and every rebuilt one; null for nobody.</param>
/// <param name="isWhole">Whether x_K is the caller's.</param>
internal sealed class PartlyRebuiltStates(Stepper stepper, int depth, int kept, PassMemory memory, long[] shape, IStateWitness? witness,
    bool isWhole) : IStates
{
    private readonly int first = depth - kept; // block, whose evaluation is kept
    private readonly Tensor?[] states = new Tensor?[depth]; // x_{first-1}, x_first, ...
    private readonly PackedPads[] pads = stepper.NewPads(depth - kept - 1); // of block 1, 2, ...

    public long SideInformationBytes { get; private set; }

    public bool KeepsEvaluation(int k) => k >= first;

    // x_{first-1} is the first that nothing is written over.
    public Tensor Place(int k, Tensor? xBefore)
        => isWhole && k == depth ? memory.Outside(shape) : k <= first && xBefore is not null ? xBefore : memory.Rent(shape);

    public void Keep(int k, Tensor x)
    {
        witness?.Record(k, x);
        if (k >= first - 1 && k < depth) states[k] = x;
    }

    public PackedPads? Pads(int k) => k == 0 || k >= first ? null : pads[k - 1];

    public void Rest() => SideInformationBytes = pads.Sum(p => p.SizeInBytes);

    public Tensor? Before(int k, Tensor xNext, Tensor x, IEvaluation evaluation, float[] gamma)
    {
        if (k >= first) return states[k - 1];
        if (k == 0)
        {
            FirstStep.Check(stepper, memory, x, evaluation.Value, xNext);
            return null;
        }

        stepper.Previous(xNext, xNext, x, evaluation.Value, gamma, pads[k - 1]);
        witness?.Compare(k - 1, xNext);
        return xNext;
    }

    // x_first is what x_{first-2} is rebuilt from, and written over.
    public void Leave(int k, Tensor x)
    {
        if (k > first) memory.Workspace.Return(x);
    }

    public void Dispose()
    {
        foreach (var p in pads) p.Dispose();
    }
}
