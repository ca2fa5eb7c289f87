using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tensors;

/// <summary>
/// Keeps the memory of a pass that is over for the next one. Passes that run at the same time have memory of their own, of which the last
/// to end is kept.
/// </summary>
internal sealed class SpareWorkspace
{
    private Workspace? kept;

    /// <summary>A workspace for one pass: the kept one, or a new one.</summary>
    public Workspace Take(Device device)
    {
        var kept = Interlocked.Exchange(ref this.kept, null);
        if (kept is not null && kept.Device.type == device.type && kept.Device.index == device.index) return kept;
        kept?.Dispose();
        return new Workspace(device);
    }

    /// <summary>Takes the memory of a pass, all of it as returned.</summary>
    public void GiveBack(Workspace workspace)
    {
        workspace.Reset();
        Interlocked.Exchange(ref kept, workspace)?.Dispose();
    }

    /// <summary>Bytes of what is kept.</summary>
    public long Bytes => kept?.Bytes ?? 0;

    /// <summary>Frees what is kept.</summary>
    public void Clear() => Interlocked.Exchange(ref kept, null)?.Dispose();
}
