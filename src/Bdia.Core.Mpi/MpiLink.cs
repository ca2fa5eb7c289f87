using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using Bdia.Core.Distributed;

namespace Bdia.Core.Mpi;

/// <summary>Messages over MPI. Every wait looks for the end of another rank and for the time meanwhile.</summary>
/// <remarks>
/// What is under way lies in memory of the link's own, not the caller's: a wait that is given up leaves MPI with addresses that it may
/// still use. The copies take a few thousandths of the time of a step.
/// </remarks>
internal sealed unsafe class MpiLink : IRankLink
{
    private const int Data = 1, Fault = 2, Heard = 3;

    // Looking for faults costs as much as a look for the message itself.
    private const int LooksBetweenFaults = 64;

    // A message that is on its way comes within that time; beyond, others are at work, and so is the processor better.
    private static readonly TimeSpan eager = TimeSpan.FromMilliseconds(200);

    // How long a rank that fails waits until the others have heard of it. mpirun ends them as soon as it has left.
    private static readonly TimeSpan farewell = TimeSpan.FromSeconds(10);

    private readonly MpiLibrary mpi;
    private readonly TimeSpan limit;
    private readonly nint channel;
    private readonly bool isOurs;
    private Memory sending, receiving;
    private bool failed, ended;
    private volatile bool isPatient;

    public MpiLink(MpiLibrary mpi, TimeSpan limit)
    {
        (this.mpi, this.limit) = (mpi, limit);
        (channel, Rank, Size, isOurs) = mpi.Begin();
    }

    public int Rank { get; }

    public int Size { get; }

    public bool HasSum => true;

    public bool IsPatient
    {
        get => isPatient;
        set => isPatient = value;
    }

    public void Send(int rank, ReadOnlySpan<byte> bytes)
    {
        bytes.CopyTo(sending.Of(bytes.Length));
        Wait(mpi.Send(channel, rank, Data, sending.Address, bytes.Length), rank);
    }

    public void Receive(int rank, Span<byte> bytes)
    {
        var memory = receiving.Of(bytes.Length);
        Require(rank, bytes.Length, Wait(mpi.Receive(channel, rank, Data, receiving.Address, bytes.Length), rank));
        memory.CopyTo(bytes);
    }

    public void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received)
    {
        sent.CopyTo(sending.Of(sent.Length));
        var memory = receiving.Of(received.Length);
        var receipt = mpi.Receive(channel, rank, Data, receiving.Address, received.Length);
        var send = mpi.Send(channel, rank, Data, sending.Address, sent.Length);
        Require(rank, received.Length, Wait(receipt, rank));
        memory.CopyTo(received);
        Wait(send, rank);
    }

    public void Sum(Span<float> values)
    {
        var bytes = MemoryMarshal.AsBytes(values);
        var memory = sending.Of(bytes.Length);
        bytes.CopyTo(memory);
        Wait(mpi.Sum(channel, (float*)sending.Address, values.Length), null);
        memory.CopyTo(bytes);
    }

    public void Fail(string reason)
    {
        if (failed || ended) return;
        failed = true;
        try
        {
            var text = Encoding.UTF8.GetBytes(reason);
            var memory = default(Memory); // stays where it is until the process ends
            text.CopyTo(memory.Of(text.Length));
            var others = Enumerable.Range(0, Size).Where(rank => rank != Rank).ToHashSet();
            var sends = others.Select(rank => mpi.Send(channel, rank, Fault, memory.Address, text.Length)).ToArray();
            var since = Stopwatch.GetTimestamp();
            while (others.Count > 0 && Stopwatch.GetElapsedTime(since) < farewell)
            {
                for (var i = 0; i < sends.Length; i++)
                    if (sends[i] != 0 && mpi.IsDone(ref sends[i], out _)) sends[i] = 0;
                if (TryTake(Heard, out var heard, out _) || TryTake(Fault, out heard, out _)) others.Remove(heard);
                else Thread.Sleep(1);
            }
        }
        catch (DistributedException)
        {
            // There is nobody left to tell.
        }
    }

    public void Dispose()
    {
        if (ended) return;
        ended = true;
        // After a fault others may not come to the end, for which this would wait for ever: mpirun clears up.
        if (isOurs && !failed) mpi.End();
        sending.Free(failed);
        receiving.Free(failed);
    }

    private void Require(int rank, int expected, int length)
    {
        if (length != expected)
            throw new DistributedException($"Rank {Rank} expected {expected} bytes of rank {rank} and got {length}: they do not run the "
                + "same program.");
    }

    /// <summary>Waits until a request is done; gives the bytes that came by it.</summary>
    /// <param name="request">The request.</param>
    /// <param name="rank">Whose answer it waits for; null = anybody's.</param>
    private int Wait(nint request, int? rank)
    {
        var since = Stopwatch.GetTimestamp();
        for (var looks = 1; ; looks++)
        {
            if (mpi.IsDone(ref request, out var length)) return length;
            if (isPatient) Thread.Sleep(1);
            else if (looks % LooksBetweenFaults != 0) continue;
            if (TryTake(Fault, out var other, out var reason))
            {
                failed = true;
                Answer(other);
                throw DistributedException.Failed(Rank, other, reason);
            }

            var waited = Stopwatch.GetElapsedTime(since);
            if (waited > limit)
            {
                failed = true;
                throw DistributedException.Silent(Rank, rank, limit);
            }

            if (waited > eager) Thread.Sleep(1);
            else Thread.Yield();
        }
    }

    private bool TryTake(int tag, out int rank, out string text)
    {
        text = "";
        if (!mpi.IsThere(channel, tag, out rank, out var length)) return false;
        var memory = default(Memory); // some bytes, at the end of a run
        var bytes = memory.Of(length);
        var request = mpi.Receive(channel, rank, tag, memory.Address, length);
        while (!mpi.IsDone(ref request, out _)) Thread.Yield();
        text = Encoding.UTF8.GetString(bytes);
        memory.Free(false);
        return true;
    }

    // Of no length: such a message is on its way as soon as it is sent.
    private void Answer(int rank)
    {
        var request = mpi.Send(channel, rank, Heard, null, 0);
        for (var looks = 0; looks < LooksBetweenFaults && !mpi.IsDone(ref request, out _); looks++) Thread.Yield();
    }

    /// <summary>Memory that the garbage collector neither moves nor frees, as much as was needed so far.</summary>
    private struct Memory
    {
        private nuint capacity;

        public void* Address { get; private set; }

        public Span<byte> Of(int length)
        {
            if ((nuint)length > capacity)
            {
                NativeMemory.Free(Address);
                Address = NativeMemory.Alloc((nuint)length);
                capacity = (nuint)length;
            }

            return new Span<byte>(Address, length);
        }

        public void Free(bool inUse)
        {
            if (inUse) return; // MPI may still write to it
            NativeMemory.Free(Address);
            Address = null;
            capacity = 0;
        }
    }
}
