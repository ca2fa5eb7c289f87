using Bdia.Core.Formats;
using TorchSharp;

namespace Bdia.Core.Training;

/// <summary>When a run is saved, and which tensors belong to it: weights, moments, best weights, weights to average.</summary>
internal sealed class RunCheckpoints(
    string folder, TrainingOptions options, SortedDictionary<string, string> identity, torch.nn.Module module, AdamW optimizer, BestModel best,
    WeightAverages averages) : IDisposable
{
    private const string Weights = "model.", Moments = "adamw.", BestWeights = "best.", AveragedWeights = "averaged.";
    private readonly CheckpointFolder _folder = new(folder, options.Resume);
    private (long Step, int Epoch) _saved = (0, 0);

    /// <summary>Goes to where the newest checkpoint was written, if there is one.</summary>
    /// <exception cref="CheckpointException">It cannot be resumed.</exception>
    public void Resume(RunState state)
    {
        using var content = _folder.ReadNewest(identity);
        if (content is null) return;
        try
        {
            ModuleState.Load(module, Part(Weights));
            optimizer.Load(Part(Moments));
        }
        catch (InvalidDataException fault)
        {
            throw new CheckpointException($"The newest checkpoint in {folder} does not fit this model: {fault.Message}", fault);
        }

        if (content.State.BestEpoch is not null) best.Keep(Part(BestWeights));
        content.State.CopyTo(state);
        averages.Load(Part(AveragedWeights));
        _saved = (state.Step, state.Epoch);

        Dictionary<string, torch.Tensor> Part(string prefix) => content.Tensors.Tensors
            .Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal)).ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);
    }

    /// <summary>Whether to save now.</summary>
    public bool Due(RunState state, bool finished)
    {
        if (_saved == (state.Step, state.Epoch)) return false;
        if (finished) return true;
        return state.BatchInEpoch == 0
            ? options.CheckpointEveryEpochs > 0 && state.Epoch % options.CheckpointEveryEpochs == 0
            : options.CheckpointEverySteps > 0 && state.Step % options.CheckpointEverySteps == 0;
    }

    /// <summary>Saves the run as it stands.</summary>
    public void Write(RunState state)
    {
        var tensors = new List<KeyValuePair<string, torch.Tensor>>();
        foreach (var (name, tensor) in ModuleState.Save(module)) tensors.Add(new(Weights + name, tensor));
        foreach (var (name, tensor) in optimizer.State) tensors.Add(new(Moments + name, tensor));
        foreach (var (name, tensor) in best.Weights) tensors.Add(new(BestWeights + name, tensor));
        foreach (var (name, tensor) in averages.State) tensors.Add(new(AveragedWeights + name, tensor));
        _folder.Write(tensors, state, identity);
        _saved = (state.Step, state.Epoch);
    }

    public void Dispose() => _folder.Dispose();
}
