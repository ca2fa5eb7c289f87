using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// The exponential moving average of the trained weights, step by step (Polyak and Juditsky, 1992): less of the noise of single steps than
/// the weights themselves. It is what validation judges and what the run ends with; training goes on with the weights as they are.
/// </summary>
/// <param name="asked">Share of the average that stays in a step; 0 = no average; null = as suits the length of the run.</param>
/// <param name="module">Whose weights.</param>
internal sealed class MovingAverage(double? asked, nn.Module module) : IDisposable
{
    // Reaches over the last tenth of a run, in which a cosine is nearly at its end.
    private const double ShareOfRun = 0.1;

    private readonly (string Name, Tensor Weight)[] weights = asked == 0 ? []
        : [.. module.named_parameters().Where(p => p.parameter.requires_grad).Select(p => (p.name, (Tensor)p.parameter))];

    private readonly List<Tensor> averages = [];

    /// <summary>The decay of a run where it is left open.</summary>
    /// <param name="steps">Optimizer steps of the run.</param>
    public static double Decay(long steps) => Math.Max(0, 1 - 1 / Math.Max(1, ShareOfRun * steps));

    /// <summary>Takes a step's weights into the average.</summary>
    /// <param name="step">Steps done, 1 for the first: the average of few steps forgets faster, so that it is not that of the
    /// start.</param>
    /// <param name="steps">Steps of the run, as far as can be foreseen.</param>
    public void Add(long step, long steps)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (averages.Count == 0) Begin();
        var gain = 1 - Math.Min(asked ?? Decay(steps), (1 + step) / (10.0 + step));
        for (var i = 0; i < weights.Length; i++) averages[i].PlusInPlace(weights[i].Weight.sub(averages[i]), gain);
    }

    /// <summary>Puts the average in the module's place until it is disposed; nothing where there is none.</summary>
    public Exchanged Shown() => new(this);

    /// <summary>Gives the module the average, for good; nothing where there is none.</summary>
    public void Apply() => Exchange();

    /// <summary>The average's tensors by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State
        => averages.Select((average, i) => KeyValuePair.Create(weights[i].Name, average));

    /// <summary>Takes the tensors of <see cref="State"/> back.</summary>
    /// <exception cref="InvalidDataException">They are not the module's.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> tensors)
    {
        if (tensors.Count == 0) return; // written before the first step
        var faults = weights.Where(weight => !tensors.TryGetValue(weight.Name, out var tensor)
                || !tensor.shape.SequenceEqual(weight.Weight.shape)).Select(weight => weight.Name)
            .Concat(tensors.Keys.Except(weights.Select(weight => weight.Name))).ToArray();
        if (faults.Length > 0)
            throw new InvalidDataException($"these averages are missing, unknown or of another shape: {string.Join(", ", faults)}");
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        Begin();
        for (var i = 0; i < weights.Length; i++) averages[i].copy_(tensors[weights[i].Name]);
    }

    public void Dispose()
    {
        foreach (var average in averages) average.Dispose();
        averages.Clear();
    }

    // Of the same memory order, on the same device.
    private void Begin() => averages.AddRange(weights.Select(weight => weight.Weight.detach().clone().DetachFromDisposeScope()));

    private void Exchange()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        for (var i = 0; i < averages.Count; i++)
        {
            using var weight = weights[i].Weight.detach().clone();
            weights[i].Weight.copy_(averages[i]);
            averages[i].copy_(weight);
        }
    }

    /// <summary>The average in the module's place.</summary>
    public readonly struct Exchanged : IDisposable
    {
        private readonly MovingAverage owner;

        internal Exchanged(MovingAverage owner)
        {
            this.owner = owner;
            owner.Exchange();
        }

        /// <summary>Gives the module its own weights back.</summary>
        public void Dispose() => owner.Exchange();
    }
}
