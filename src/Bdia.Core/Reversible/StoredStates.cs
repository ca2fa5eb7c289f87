using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// Every state is kept: <see cref="BackpropagationMode.Checkpointed"/>, and <see cref="BackpropagationMode.StoreActivations"/>, which keeps
/// the evaluations of blocks too.
/// </summary>
/// <param name="depth">K.</param>
/// <param name="memory">Of the pass.</param>
/// <param name="shape">Of a state.</param>
/// <param name="keepsEvaluations">Whether evaluations are kept; states are then a part of what these hold, and no side information.</param>
/// <param name="isWhole">Whether x_K is the caller's.</param>
internal sealed class StoredStates(int depth, PassMemory memory, long[] shape, bool keepsEvaluations, bool isWhole) : IStates
{
    private readonly Tensor?[] states = new Tensor?[depth + 1];

    public long SideInformationBytes { get; private set; }

    public bool KeepsEvaluation(int k) => keepsEvaluations;

    public Tensor Place(int k, Tensor? xBefore)
        => isWhole && k == depth ? memory.Outside(shape) : memory.Rent(shape);

    public void Keep(int k, Tensor x)
    {
        states[k] = x;
        if (!keepsEvaluations) SideInformationBytes += x.numel() * x.element_size();
    }

    public PackedPads? Pads(int k) => null;

    public void Rest()
    {
    }

    public Tensor? Before(int k, Tensor xNext, Tensor x, IEvaluation evaluation, float[] gamma) => k == 0 ? null : states[k - 1];

    public void Leave(int k, Tensor x) => memory.Workspace.Return(x);

    public void Dispose()
    {
    }
}
