namespace Bdia.Core.Distributed;

/// <summary>In which order gradients of several ranks are added.</summary>
public enum SumOrder
{
    /// <summary>
    /// Over a fixed binary tree of the parts of a step, whatever rank holds which: the same bits for any number of ranks. Each rank sends
    /// 2 (n - 1) / n of the bytes of the gradients, as little as any order does.
    /// </summary>
    Tree,

    /// <summary>
    /// As the transport likes best (MPI's own Allreduce). Its order of additions may depend on the number of ranks, on their hosts and on
    /// the library: the same program on the same ranks mostly repeats, and other numbers of ranks give other last bits.
    /// </summary>
    Library,
}
