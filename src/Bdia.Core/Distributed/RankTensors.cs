using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Distributed;

/// <summary>Tensors as messages: their bytes, in pieces; type and shape are known to both sides.</summary>
internal static unsafe class RankTensors
{
    private const int Chunk = 1 << 24;

    private delegate void Move(Span<byte> bytes);

    /// <summary>Sends a tensor, on any device.</summary>
    public static void Send(RankGroup ranks, int rank, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        ForEach(tensor.detach().to(CPU), bytes => ranks.Link.Send(rank, bytes));
    }

    /// <summary>Overwrites a tensor, on any device, by one of another rank.</summary>
    public static void Receive(RankGroup ranks, int rank, Tensor tensor)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var copy = tensor.to(CPU); // itself, where it is there
        ForEach(copy, bytes => ranks.Link.Receive(rank, bytes));
        tensor.copy_(copy);
    }

    /// <summary>Gives all ranks a tensor of rank 0, on the CPU.</summary>
    public static void Broadcast(RankGroup ranks, Tensor tensor) => ForEach(tensor, bytes => ranks.Broadcast(bytes));

    private static void ForEach(Tensor tensor, Move move)
    {
        var (address, bytes) = ((nint)TensorMemory.Address(tensor), tensor.numel() * tensor.element_size());
        for (long start = 0; start < bytes; start += Chunk)
            move(new Span<byte>((byte*)address + start, (int)Math.Min(Chunk, bytes - start)));
        GC.KeepAlive(tensor);
    }
}
