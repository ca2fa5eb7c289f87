using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>
/// The memory of one pass: a workspace of those that are kept for the next pass, from when it is first needed until it is let go.
/// </summary>
/// <remarks>Where nothing is rented between the way forward and the way back, another stack can have the workspace meanwhile.</remarks>
internal sealed class PassMemory(SpareWorkspace spare, Device device)
{
    private Workspace? workspace;

    public Workspace Workspace => workspace ??= spare.Take(device);

    /// <summary>A state of the workspace.</summary>
    public Tensor Rent(long[] shape) => Workspace.Rent(ScalarType.Float32, shape);

    /// <summary>A state that outlives the workspace, in no dispose scope.</summary>
    public Tensor Outside(long[] shape) => empty(shape, float32, device).DetachFromDisposeScope();

    /// <summary>All that is rented is returned, and the workspace is anybody's.</summary>
    public void LetGo()
    {
        // What was made in inference mode could not be written to outside of it.
        if (is_inference_mode_enabled()) workspace?.Dispose();
        else if (workspace is not null) spare.GiveBack(workspace);
        workspace = null;
    }
}
