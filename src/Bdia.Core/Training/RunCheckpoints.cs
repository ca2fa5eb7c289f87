using System.Globalization;
using Bdia.Core.Distributed;
using Bdia.Core.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>When a run is saved, and which tensors belong to it: weights, moments, best weights, weights to average,
/// moving average.</summary>
internal sealed class RunCheckpoints(
    string folder, TrainingOptions options, SortedDictionary<string, string> identity, nn.Module module,
        AdamW optimizer, BestModel best,
    WeightAverages averages, MovingAverage moving, RankGroup ranks) : IDisposable
{
    private const string Weights = "model.", Moments = "adamw.", BestWeights = "best.", AveragedWeights = "averaged.",
        MovingAverages = "moving.";
    // Rank 0 alone uses the folder, which others need not see.
    private readonly CheckpointFolder? folder = ranks.IsFirst ? new(folder, options.Resume) : null;
    private (long Step, int Epoch) saved = (0, 0);

    /// <summary>Goes to where the newest checkpoint was written, if there is one.</summary>
    /// <param name="state">Becomes the checkpoint's.</param>
    /// <param name="adjustable">Entries of the identity that may be others than in the checkpoint.</param>
    /// <returns>What differs from the run that wrote it, and a sentence that says where this one goes on; null where there is no
    /// checkpoint.</returns>
    /// <exception cref="CheckpointException">It cannot be resumed.</exception>
    public (IReadOnlyList<RunDifference> Differences, string Told)? Resume(RunState state, IReadOnlyCollection<string> adjustable)
    {
        // Of moments, a rank takes those that it keeps.
        var kept = optimizer.State.Select(pair => Moments + pair.Key).ToHashSet(StringComparer.Ordinal);
        using var content = RankedCheckpoint.Share(ranks, ReadNewest(adjustable),
            name => !name.StartsWith(Moments, StringComparison.Ordinal) || optimizer.Shares is null || kept.Contains(name));
        if (content is null) return null;
        RequireLongEnough(content.Name, content.State);
        try
        {
            ModuleState.Load(module, Part(Weights));
            optimizer.Load(Part(Moments));
            if (content.State.BestEpoch is not null)
            {
                ModuleState.Require(module, Part(BestWeights));
                best.Keep(Part(BestWeights));
            }

            moving.Load(Part(MovingAverages));
            averages.Load(Part(AveragedWeights), content.State.Averaged, module);
        }
        catch (InvalidDataException fault)
        {
            throw new CheckpointException($"The newest checkpoint in {folder} does not fit this model: {fault.Message}", fault);
        }

        content.State.CopyTo(state);
        saved = (state.Step, state.Epoch);
        return (content.Differences, Told(content.Name, state, content.Differences));

        Dictionary<string, Tensor> Part(string prefix) => content.Tensors
            .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);
    }

    private RankedCheckpoint.Content? ReadNewest(IReadOnlyCollection<string> adjustable)
        => this.folder?.ReadNewest(identity, adjustable) is { } newest
            ? new(newest.Name, newest.Content.State, newest.Differences, newest.Content.Tensors.Tensors) : null;

    private void RequireLongEnough(string name, RunState state)
    {
        var begun = state.Epoch + (state.BatchInEpoch > 0 ? 1 : 0);
        if (options.Epochs < begun)
            throw new CheckpointException(
                $"Epochs is {options.Epochs}, but {name} in {folder} is of epoch {begun}. Give at least {begun}, or choose another "
                + "folder to train fewer.");
    }

    private static string Told(string name, RunState state, IReadOnlyList<RunDifference> differences)
    {
        var told = string.Create(CultureInfo.InvariantCulture,
            $"Going on from {name}: {state.Epoch} epochs and {state.Step} steps are done, in "
            + $"{TimeSpan.FromSeconds(state.ElapsedSeconds):hh\\:mm\\:ss}.");
        return differences.Count == 0 ? told : $"{told} Not as when it was written: {string.Join("; ", differences)}.";
    }

    /// <summary>Whether to save now; on ranks other than 0, whether to bring moments to it.</summary>
    public bool Due(RunState state, bool finished)
    {
        if (!ranks.IsFirst && optimizer.Shares is null || saved == (state.Step, state.Epoch)) return false;
        if (finished) return true;
        return state.BatchInEpoch == 0
            ? options.CheckpointEveryEpochs > 0 && state.Epoch % options.CheckpointEveryEpochs == 0
            : options.CheckpointEverySteps > 0 && state.Step % options.CheckpointEverySteps == 0;
    }

    /// <summary>Saves the run as it stands. Where ranks share the moments, all of them call it, and rank 0 writes.</summary>
    public void Write(RunState state)
    {
        var brought = optimizer.Shares is { } shares ? SharedMoments.ToFirst(optimizer, shares) : [];
        try
        {
            if (ranks.IsFirst) Write(state, brought);
            saved = (state.Step, state.Epoch);
        }
        finally
        {
            foreach (var slot in brought) slot.Dispose();
        }
    }

    private void Write(RunState state, IReadOnlyList<AdamWSlot> brought)
    {
        var tensors = new List<KeyValuePair<string, Tensor>>();
        foreach (var (name, tensor) in ModuleState.Save(module)) tensors.Add(new(Weights + name, tensor));
        // In the order of the parameters, whoever keeps them: the file has the bytes of any number of ranks.
        var slots = brought.ToDictionary(slot => slot.Number);
        foreach (var (name, tensor) in optimizer.Slots.SelectMany(slot => slots.GetValueOrDefault(slot.Number, slot).State))
            tensors.Add(new(Moments + name, tensor));
        foreach (var (name, tensor) in best.Weights) tensors.Add(new(BestWeights + name, tensor));
        foreach (var (name, tensor) in averages.State) tensors.Add(new(AveragedWeights + name, tensor));
        foreach (var (name, tensor) in moving.State) tensors.Add(new(MovingAverages + name, tensor));
        this.folder!.Write(tensors, state, identity);
    }

    public void Dispose() => this.folder?.Dispose();
}
