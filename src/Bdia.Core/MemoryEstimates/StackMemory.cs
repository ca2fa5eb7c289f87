using Bdia.Core.Blocks;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;

namespace Bdia.Core.MemoryEstimates;

/// <summary>Bytes of one stack in its backward pass, at the block where they are most.</summary>
/// <param name="States">States and gradients by them that are at hand; none of them grows with depth.</param>
/// <param name="SideInformation">As <see cref="BdiaStack.SideInformationBytes"/> says.</param>
/// <param name="Graph">What one block's evaluation and backward pass take; of all blocks where activations are stored.</param>
/// <param name="Waiting">What the stack holds of states and graphs while others are differentiated before it.</param>
internal readonly record struct StackMemory(long States, long SideInformation, long Graph, (long States, long Graph) Waiting)
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
        // g_K, held by its consumer until the stack is done; g_{k+1}; what block k+1 contributed to g_k. (The gradient by h_k counts with
        // the block.)
        var gradients = (depth > 1 ? 3 : 2) * state - (last is null ? 0 : state);
        var xLast = last is null ? state : 0;
        var working = block.Peak + block.Weights;
        switch (options.Mode)
        {
            case BackpropagationMode.Reversible:
                // x_K, held by the graph behind the stack, x_k and x_{k-1}.
                var states = xLast + Math.Min(depth, 2) * state;
                return new(states + gradients,
                    PackedPads.Size(last is null ? depth - 1 : depth - 2, rows, elements, options.Gamma.LargestPadBits),
                    working, (2 * state, 0));
            case BackpropagationMode.Checkpointed:
                return new(xLast + gradients, depth * state, working, (state, 0));
            default:
                var evaluations = depth * (block.Kept + state); // with the x_k that each begins with
                if (last is { } cut) evaluations += cut.Kept - block.Kept;
                return new(xLast + gradients, 0, evaluations + (working - block.Kept), (state, evaluations));
        }
    }
}
