using System.Text.Json;
using Bdia.Core.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>Gives all ranks the checkpoint that rank 0 goes on from: they need not see its folder.</summary>
internal static class RankedCheckpoint
{
    private sealed record Entry(string Name, long[] Shape, ScalarType Type);

    private sealed record Header(string Name, RunState State, IReadOnlyList<RunDifference> Differences, IReadOnlyList<Entry> Tensors);

    /// <summary>What a run goes on from.</summary>
    /// <param name="Name">Of the checkpoint.</param>
    /// <param name="State">Where the run stood.</param>
    /// <param name="Differences">What differs from the run that wrote it.</param>
    /// <param name="Tensors">By name; owned.</param>
    public sealed record Content(string Name, RunState State, IReadOnlyList<RunDifference> Differences,
        IReadOnlyDictionary<string, Tensor> Tensors) : IDisposable
    {
        public void Dispose()
        {
            foreach (var tensor in Tensors.Values) tensor.Dispose();
        }
    }

    /// <summary>Gives all ranks what rank 0 has.</summary>
    /// <param name="ranks">The ranks.</param>
    /// <param name="own">On rank 0, the checkpoint, or null where there is none; of no effect on others.</param>
    /// <param name="needs">Which tensors, by name, this rank keeps of it; others pass through.</param>
    /// <returns>The checkpoint of rank 0; null where it has none.</returns>
    public static Content? Share(RankGroup ranks, Content? own, Func<string, bool> needs)
    {
        if (ranks.Size == 1) return own;
        var header = own is null || !ranks.IsFirst ? null : JsonSerializer.SerializeToUtf8Bytes(new Header(own.Name, own.State,
            own.Differences, [.. own.Tensors.Select(pair => new Entry(pair.Key, pair.Value.shape, pair.Value.dtype))]));
        header = ranks.Broadcast(header);
        if (header.Length == 0) return null;
        if (ranks.IsFirst)
        {
            foreach (var tensor in own!.Tensors.Values) RankTensors.Broadcast(ranks, tensor);
            return own;
        }

        var told = JsonSerializer.Deserialize<Header>(header)!;
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        foreach (var (name, shape, type) in told.Tensors)
        {
            var tensor = empty(shape, type, CPU).DetachFromDisposeScope();
            RankTensors.Broadcast(ranks, tensor);
            if (needs(name)) tensors.Add(name, tensor);
            else tensor.Dispose();
        }

        return new Content(told.Name, told.State, told.Differences, tensors);
    }
}
