namespace Bdia.Core.Distributed;

/// <summary>
/// Messages between the processes of a run, its ranks: all that a means of transport must do. <see cref="RankGroup"/> makes sums,
/// broadcasts and gathers of them, in an order that is the same on every transport.
/// </summary>
/// <remarks>
/// Messages of one rank to another arrive in the order in which they were sent, and whole. A wait that lasts longer than the transport's
/// own limit, or during which another rank fails, ends with a <see cref="DistributedException"/>. Calls come from one thread at a time.
/// </remarks>
public interface IRankLink : IDisposable
{
    /// <summary>Number of this rank, from 0.</summary>
    int Rank { get; }

    /// <summary>Number of ranks, at least 1.</summary>
    int Size { get; }

    /// <summary>Sends bytes; may wait until they are received.</summary>
    /// <param name="rank">To whom, another rank than this.</param>
    /// <param name="bytes">What; the caller may change it afterwards.</param>
    void Send(int rank, ReadOnlySpan<byte> bytes);

    /// <summary>Waits for the next message of another rank.</summary>
    /// <param name="rank">Of whom, another rank than this.</param>
    /// <param name="bytes">Becomes the message, which has exactly its length.</param>
    void Receive(int rank, Span<byte> bytes);

    /// <summary>Sends to another rank and receives from it, while it does the same.</summary>
    /// <param name="rank">With whom, another rank than this.</param>
    /// <param name="sent">What is sent.</param>
    /// <param name="received">Becomes what the other rank sends, which has exactly its length; not the memory of what is sent.</param>
    void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received);

    /// <summary>
    /// Whether waits may leave the processor to others for about a millisecond at a time, since this process computes meanwhile. Default:
    /// of no effect.
    /// </summary>
    bool IsPatient
    {
        get => false;
        set
        {
        }
    }

    /// <summary>Whether the transport has a sum of its own, <see cref="Sum"/>.</summary>
    bool HasSum => false;

    /// <summary>Sums over all ranks, in the order of additions that the transport likes best.</summary>
    /// <param name="values">Of this rank; becomes the sum, on all ranks.</param>
    /// <exception cref="NotSupportedException">It has none.</exception>
    void Sum(Span<float> values) => throw new NotSupportedException("This transport has no sum of its own.");

    /// <summary>
    /// Tells all other ranks that this one is about to end by a fault, so that their waits end as well. Called at most once; does not
    /// throw.
    /// </summary>
    /// <param name="reason">Why, in a sentence.</param>
    void Fail(string reason);
}
