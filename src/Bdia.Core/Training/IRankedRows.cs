namespace Bdia.Core.Training;

/// <summary>A source whose rows lie in the memory of several ranks, and go to those that train on them before an epoch begins.</summary>
internal interface IRankedRows
{
    /// <summary>Brings rows to where they are needed. All ranks call it, while none sends anything else.</summary>
    /// <param name="epoch">0 for the first.</param>
    /// <param name="batches">Numbers, by rank, of the batches that it trains on in what is left of the epoch.</param>
    void Gather(int epoch, IReadOnlyList<IReadOnlyList<int>> batches);
}
