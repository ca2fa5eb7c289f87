using Bdia.Core.Distributed;

namespace Bdia.Benchmarks.Distributed;

/// <summary>Counts what is sent over a transport.</summary>
internal sealed class CountingLink(IRankLink link) : IRankLink
{
    public int Rank => link.Rank;

    public int Size => link.Size;

    public bool HasSum => link.HasSum;

    public bool IsPatient
    {
        get => link.IsPatient;
        set => link.IsPatient = value;
    }

    /// <summary>Bytes that were sent.</summary>
    public long Sent { get; private set; }

    public void Send(int rank, ReadOnlySpan<byte> bytes)
    {
        link.Send(rank, bytes);
        Sent += bytes.Length;
    }

    public void Receive(int rank, Span<byte> bytes) => link.Receive(rank, bytes);

    public void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        link.Exchange(rank, sent, received);
        Sent += sent.Length;
    }

    public void Sum(Span<float> values) => link.Sum(values);

    public void Fail(string reason) => link.Fail(reason);

    public void Dispose() => link.Dispose();
}
