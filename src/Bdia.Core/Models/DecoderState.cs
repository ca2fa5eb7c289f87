using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>What incremental decoding remembers: keys and values of all blocks, for every row.</summary>
public sealed class DecoderState : IDisposable
{
    internal DecoderState() => throw new NotImplementedException();

    /// <summary>Rows.</summary>
    public long Rows => throw new NotImplementedException();

    /// <summary>Positions written so far.</summary>
    public long Length => throw new NotImplementedException();

    /// <summary>Makes row i what row rows[i] was; rows may repeat and may be fewer or more than before.</summary>
    public void Select(Tensor rows) => throw new NotImplementedException();

    public void Dispose() => throw new NotImplementedException();
}
