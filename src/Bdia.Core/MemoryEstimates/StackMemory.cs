using Bdia.Core.Blocks;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;

namespace Bdia.Core.MemoryEstimates;

/// <summary>Bytes of one stack in its backward pass, at the block where they are most.</summary>
/// <param name="States">States and gradients by them that are at hand; none of them grows with depth.</param>
/// <param name="SideInformation">As <see cref="BdiaStack.SideInformationBytes"/> says.</param>
/// <param name="Graph">What one block's evaluation and backward pass take; of all blocks where activations are stored.</param>
/// <param name="Waiting">What the stack holds of states and graphs while others are differentiated before it.</param>
/// <param name="Recomputed">Blocks that are evaluated again on the way back.</param>
internal readonly record struct StackMemory(long States, long SideInformation, long Graph, (long States, long Graph) Waiting,
    int Recomputed)
{
    /// <summary>Of a stack of equal blocks.</summary>
    /// <param name="options">Of the stack.</param>
    /// <param name="depth">Blocks.</param>
    /// <param name="rows">B.</param>
    /// <param name="elements">Of a state, per row.</param>
    /// <param name="block">Of one block.</param>
    /// <param name="last">Of the last of two blocks or more, if some tokens of it alone are wanted: x_K and the gradient by it are then
    /// next to nothing.</param>
    public static StackMemory Of(BdiaStackOptions options, long depth, long rows, long elements, BlockMemory block,
        BlockMemory? last = null)
    {
        var state = rows * elements * sizeof(float);
        if (depth < 2) last = null;
        var kept = Math.Min(options.KeptBlocks ?? 0, depth);
        var isOneKept = last is not null; // whatever the options say
        if (isOneKept && kept == 1) kept = 0;
        var mode = options.Mode == BackpropagationMode.Reversible && kept == depth ? BackpropagationMode.StoreActivations : options.Mode;
        var recomputed = (int)(depth - (isOneKept ? Math.Max(1, kept) : kept));
        // g_K, held by its consumer until the stack is done; g_{k+1}; what block k+1 contributed to g_k. (The gradient by h_k counts with
        // the block.)
        var gradients = (depth > 1 ? 3 : 2) * state - (last is null ? 0 : state);
        var xLast = last is null ? state : 0;
        var working = block.Peak + block.Weights;
        switch (mode)
        {
            case BackpropagationMode.Reversible when kept > 0:
                // x_K, held by the graph behind the stack; what is kept, with the x_k that each begins with, and the state below.
                var pieces = (kept - 1) * (block.Kept + state) + (last ?? block).Kept + state;
                return new(xLast + state + gradients,
                    PackedPads.Size(Math.Max(0, depth - kept - 1), rows, elements, options.Gamma.LargestPadBits),
                    pieces + (working - block.Kept), (2 * state, pieces), recomputed);
            case BackpropagationMode.Reversible:
                // x_K, held by the graph behind the stack, x_k and x_{k-1}.
                var states = xLast + Math.Min(depth, 2) * state;
                return new(states + gradients,
                    PackedPads.Size(last is null ? depth - 1 : depth - 2, rows, elements, options.Gamma.LargestPadBits),
                    working, (2 * state, 0), recomputed);
            case BackpropagationMode.Checkpointed:
                return new(xLast + gradients, depth * state, working, (state, 0), (int)depth - (isOneKept ? 1 : 0));
            default:
                var evaluations = depth * (block.Kept + state); // with the x_k that each begins with
                if (last is { } cut) evaluations += cut.Kept - block.Kept;
                return new(xLast + gradients, 0, evaluations + (working - block.Kept), (state, evaluations), 0);
        }
    }
}
