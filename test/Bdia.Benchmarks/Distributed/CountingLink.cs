using System.Diagnostics;
using Bdia.Core.Distributed;

namespace Bdia.Benchmarks.Distributed;

/// <summary>Counts what goes through a transport, and the time that it takes.</summary>
internal sealed class CountingLink(IRankLink link) : IRankLink
{
    private long ticks;

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

    /// <summary>Seconds within calls.</summary>
    public double Seconds => (double)ticks / Stopwatch.Frequency;

    public void Send(int rank, ReadOnlySpan<byte> bytes)
    {
        var start = Stopwatch.GetTimestamp();
        link.Send(rank, bytes);
        Sent += bytes.Length;
        ticks += Stopwatch.GetTimestamp() - start;
    }

    public void Receive(int rank, Span<byte> bytes)
    {
        var start = Stopwatch.GetTimestamp();
        link.Receive(rank, bytes);
        ticks += Stopwatch.GetTimestamp() - start;
    }

    public void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        var start = Stopwatch.GetTimestamp();
        link.Exchange(rank, sent, received);
        Sent += sent.Length;
        ticks += Stopwatch.GetTimestamp() - start;
    }

    public void Sum(Span<float> values)
    {
        var start = Stopwatch.GetTimestamp();
        link.Sum(values);
        ticks += Stopwatch.GetTimestamp() - start;
    }

    public void Fail(string reason) => link.Fail(reason);

    public void Dispose() => link.Dispose();
}
