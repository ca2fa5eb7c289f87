namespace Bdia.Core.Distributed;

/// <summary>
/// Ranks that are threads of this process: to see what a program does on several ranks, and for tests. They share cores and memory, and so
/// gain nothing.
/// </summary>
public static class InProcessRanks
{
    private static readonly TimeSpan defaultTimeout = TimeSpan.FromMinutes(1);

    /// <summary>Makes the ranks, each for a thread of its own.</summary>
    /// <param name="size">How many, at least 1.</param>
    /// <param name="timeout">How long a rank waits for a message; null = a minute.</param>
    /// <returns>By number.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="size"/> is below 1, or the time is not above zero.</exception>
    public static IReadOnlyList<RankGroup> Create(int size, TimeSpan? timeout = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(size, 1);
        var limit = timeout ?? defaultTimeout;
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(limit, TimeSpan.Zero, nameof(timeout));
        return [.. Links(size, limit).Select(link => new RankGroup(link))];
    }

    /// <summary>The transport alone.</summary>
    internal static IReadOnlyList<IRankLink> Links(int size, TimeSpan limit)
    {
        var post = new Post(size, limit);
        return [.. Enumerable.Range(0, size).Select(rank => new Link(post, rank))];
    }

    /// <summary>Messages under way, by sender and receiver, and whether a rank has failed.</summary>
    private sealed class Post(int size, TimeSpan limit)
    {
        private readonly Queue<byte[]>[] messages = [.. Enumerable.Range(0, size * size).Select(_ => new Queue<byte[]>())];
        private (int Rank, string Reason)? failed;

        public int Size => size;

        public void Send(int from, int to, ReadOnlySpan<byte> bytes)
        {
            var copy = bytes.ToArray();
            lock (messages)
            {
                Require(from);
                messages[from * size + to].Enqueue(copy);
                Monitor.PulseAll(messages);
            }
        }

        public byte[] Receive(int from, int to)
        {
            var until = Environment.TickCount64 + (long)limit.TotalMilliseconds;
            lock (messages)
            {
                byte[]? message;
                while (!messages[from * size + to].TryDequeue(out message))
                {
                    Require(to);
                    var left = until - Environment.TickCount64;
                    if (left <= 0 || !Monitor.Wait(messages, TimeSpan.FromMilliseconds(left)))
                        throw DistributedException.Silent(to, from, limit);
                }

                return message;
            }
        }

        public void Fail(int rank, string reason)
        {
            lock (messages)
            {
                failed ??= (rank, reason);
                Monitor.PulseAll(messages);
            }
        }

        private void Require(int rank)
        {
            if (failed is { } fault) throw DistributedException.Failed(rank, fault.Rank, fault.Reason);
        }
    }

    private sealed class Link(Post post, int rank) : IRankLink
    {
        public int Rank => rank;

        public int Size => post.Size;

        public void Send(int rank, ReadOnlySpan<byte> bytes) => post.Send(Rank, rank, bytes);

        public void Receive(int rank, Span<byte> bytes)
        {
            var message = post.Receive(rank, Rank);
            if (message.Length != bytes.Length)
                throw new DistributedException($"Rank {Rank} expected {bytes.Length} bytes of rank {rank} and got {message.Length}: they "
                    + "do not run the same program.");
            message.CopyTo(bytes);
        }

        public void Exchange(int rank, ReadOnlySpan<byte> sent, Span<byte> received)
        {
            Send(rank, sent);
            Receive(rank, received);
        }

        public void Fail(string reason) => post.Fail(Rank, reason);

        public void Dispose()
        {
        }
    }
}
