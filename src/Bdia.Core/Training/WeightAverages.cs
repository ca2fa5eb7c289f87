using Bdia.Core.Formats;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Keeps the weights of some epochs for their average: the last ones, or those best in validation. Costs the memory of one model per
/// epoch, on the CPU and in checkpoints.
/// </summary>
/// <param name="count">Epochs to average, 1 = none.</param>
/// <param name="of">Which.</param>
/// <param name="bestBy">What "best" means.</param>
/// <param name="state">Where it is noted which epochs are kept.</param>
internal sealed class WeightAverages(int count, WeightAverage of, ModelSelection bestBy, RunState state) : IDisposable
{
    private readonly Dictionary<int, WeightCopy> copies = [];

    /// <summary>The epochs kept, ascending.</summary>
    public IReadOnlyList<int> Epochs => [.. state.Averaged.Select(kept => kept.Epoch)];

    /// <summary>Takes an epoch's weights if they are wanted, in place of those that no longer are.</summary>
    public void Offer(int epoch, ValidationResult? validation, nn.Module module)
    {
        if (count < 2) return;
        var figure = validation?.Figure(bestBy);
        if (of == WeightAverage.Best && figure is null) return;
        state.Averaged.Add(new KeptEpoch(epoch, figure, validation?.Loss));
        var copy = new WeightCopy();
        if (state.Averaged.Count > count)
        {
            var least = of == WeightAverage.Last
                ? state.Averaged[0]
                // an epoch that was judged anew and got no figure goes first
                : state.Averaged.OrderBy(kept => (kept.Figure ?? double.NegativeInfinity, -kept.Loss ?? 0, -kept.Epoch)).First();
            state.Averaged.Remove(least);
            if (least.Epoch == epoch) return;
            copies.Remove(least.Epoch, out copy!); // its memory serves again
        }

        copy.Keep(ModuleState.Save(module));
        copies.Add(epoch, copy);
    }

    /// <summary>All tensors kept, as "epoch.name".</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State
        => Epochs.SelectMany(epoch => copies[epoch].Tensors.Select(pair => KeyValuePair.Create($"{epoch}.{pair.Key}", pair.Value)));

    /// <summary>Takes the tensors of <see cref="State"/> back.</summary>
    /// <param name="tensors">By "epoch.name".</param>
    /// <param name="kept">The epochs that the run's state names.</param>
    /// <param name="module">Whose weights they must be.</param>
    /// <exception cref="InvalidDataException">An epoch's tensors are not the module's, or it is kept twice.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> tensors, IReadOnlyList<KeptEpoch> kept, nn.Module module)
    {
        foreach (var epoch in kept.Select(each => each.Epoch))
        {
            var prefix = $"{epoch}.";
            var weights = tensors.Where(pair => pair.Key.StartsWith(prefix, StringComparison.Ordinal))
                .ToDictionary(pair => pair.Key[prefix.Length..], pair => pair.Value);
            ModuleState.Require(module, weights);
            if (!copies.TryAdd(epoch, new WeightCopy())) throw new InvalidDataException($"epoch {epoch} is kept twice for an average");
            copies[epoch].Keep(weights);
        }
    }

    /// <summary>Judges every kept epoch anew, where what it is judged on has changed.</summary>
    /// <param name="module">Gets the weights of one epoch after the other.</param>
    /// <param name="judge">Judges the module as that epoch's; null where it is not to be judged.</param>
    public void JudgeAnew(nn.Module module, Func<int, ValidationResult?> judge)
    {
        for (var i = 0; i < state.Averaged.Count; i++)
        {
            var epoch = state.Averaged[i].Epoch;
            copies[epoch].Restore(module);
            var validation = judge(epoch);
            state.Averaged[i] = new KeptEpoch(epoch, validation?.Figure(bestBy), validation?.Loss);
        }
    }

    /// <summary>
    /// Puts the mean of the kept weights into the module: summed in double precision, in the order of the epochs. What is no fraction (a
    /// counter, say) is the last epoch's.
    /// </summary>
    public void LoadMean(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var copies = Epochs.Select(epoch => this.copies[epoch].Tensors).ToArray();
        ModuleState.Copy(module, copies[^1]
            .ToDictionary(pair => pair.Key, pair => pair.Value.is_floating_point() ? Mean(pair.Key, copies) : pair.Value));
    }

    public void Dispose()
    {
        foreach (var copy in copies.Values) copy.Dispose();
        copies.Clear();
    }

    private static Tensor Mean(string name, IReadOnlyDictionary<string, Tensor>[] copies)
    {
        using var scope = NewDisposeScope();
        var sum = copies[0][name].to(float64, copy: true);
        foreach (var copy in copies[1..])
        {
            using var term = copy[name].to(float64);
            sum.PlusInPlace(term);
        }

        return sum.TimesInPlace(1.0 / copies.Length).to(copies[0][name].dtype).MoveToOuterDisposeScope();
    }
}
