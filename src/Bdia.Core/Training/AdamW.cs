using Bdia.Core.Distributed;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// AdamW (Loshchilov and Hutter, 2019) over named parameters. Its whole state is two moments per parameter, by name, and
/// the number of the step, which the caller keeps: nothing else decides what a step does.
/// </summary>
/// <remarks>
/// In symbols, at step t with gradient g: p -= lr * decay * p; m = b1 m + (1 - b1) g; v = b2 v + (1 - b2) g^2;
/// p -= lr / (1 - b1^t) * m / (sqrt(v / (1 - b2^t)) + eps), with lr times the parameter's own scale. A parameter without a gradient is left
/// as it is. Parameters whose entry has <see cref="ParameterGroups.Entry.Matrices"/> take <see cref="OptimizerKind.Muon"/>'s step instead.
/// </remarks>
public sealed class AdamW : IDisposable
{
    // Smaller ones vanish in float32, and a gradient of zero would become 0 / 0.
    internal const double SmallestEpsilon = 1e-30;

    internal const double DefaultMomentum = 0.95;

    private readonly AdamWSlot[] slots;
    private readonly double beta1, beta2, epsilon, weightDecay, momentum;

    /// <summary>An optimizer with moments of zero.</summary>
    /// <param name="groups">The parameters, float32.</param>
    /// <param name="beta1">Memory of the gradient, at least 0 and below 1.</param>
    /// <param name="beta2">Memory of the squared gradient, at least 0 and below 1.</param>
    /// <param name="epsilon">Added to the denominator, at least 1e-30.</param>
    /// <param name="weightDecay">Decoupled weight decay, 0 or more.</param>
    /// <exception cref="ArgumentException">A parameter is not float32.</exception>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public AdamW(ParameterGroups groups, double beta1 = 0.9, double beta2 = 0.999, double epsilon = 1e-8, double weightDecay = 0.05)
        : this(groups, beta1, beta2, epsilon, weightDecay, DefaultMomentum)
    {
    }

    /// <summary>The same, with the momentum of what Muon takes steps for, with parameters whose moments are kept in eight bits, and with
    /// ranks that each keep a part of them.</summary>
    internal AdamW(ParameterGroups groups, double beta1, double beta2, double epsilon, double weightDecay, double momentum,
        IReadOnlySet<Tensor>? inEightBits = null, RankGroup? shared = null)
    {
        ArgumentNullException.ThrowIfNull(groups);
        if (beta1 is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(beta1), beta1, "beta1 must be at least 0 and below 1.");
        if (beta2 is not (>= 0 and < 1))
            throw new ArgumentOutOfRangeException(nameof(beta2), beta2, "beta2 must be at least 0 and below 1.");
        if (epsilon is not >= SmallestEpsilon)
            throw new ArgumentOutOfRangeException(nameof(epsilon), epsilon, $"epsilon must be at least {SmallestEpsilon}.");
        if (weightDecay is not >= 0) throw new ArgumentOutOfRangeException(nameof(weightDecay), weightDecay,
            "weightDecay must be 0 or more.");

        (this.beta1, this.beta2, this.epsilon, this.weightDecay, this.momentum) = (beta1, beta2, epsilon, weightDecay, momentum);
        var formats = groups.Parameters
            .Select(p => inEightBits?.Contains(p.Parameter) == true ? MomentFormat.EightBits : MomentFormat.Float32).ToArray();
        if (shared is not null) Shares = OptimizerShares.Of(shared, groups.Parameters, formats);
        slots = [.. groups.Parameters.Select((p, number) => new AdamWSlot(p, number, formats[number],
            Shares?.IsOwn(number) ?? true))];
    }

    /// <summary>Threads to share the work among; null = as many as libtorch uses. No result depends on it.</summary>
    internal int? Threads { get; init; }

    /// <summary>Which rank keeps which moments; null where this process keeps all.</summary>
    internal OptimizerShares? Shares { get; }

    /// <summary>The parameters with their moments, in the order in which norms are summed.</summary>
    internal IReadOnlyList<AdamWSlot> Slots => slots;

    /// <summary>
    /// The first and second moments by parameter name, prefixed "m." and "v.": the tensors themselves, to save or to overwrite. What Muon
    /// takes steps for has the first alone. Of moments in eight bits, codes and scales: "m.codes.", "m.scales.", and so on.
    /// </summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State => slots.SelectMany(slot => slot.State);

    /// <summary>The Euclidean norm of all gradients taken as one vector, summed in double precision and in a fixed order.</summary>
    /// <returns>The norm; NaN or infinite where a gradient is.</returns>
    public double GradientNorm()
    {
        using var gradients = Gradients(slots);
        return AdamWGradients.Norm(gradients.SumsOfSquares());
    }

    /// <summary>Updates every parameter and its moments.</summary>
    /// <param name="step">Number of the step, 1 for the first: the exponent of the bias corrections.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="gradientScale">What gradients are multiplied by first (clipping, the mean over accumulated batches).</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    public void Step(long step, double learningRate, double gradientScale = 1)
        => Take(Numbers(step, learningRate, gradientScale));

    /// <summary>The same by numbers that are made.</summary>
    internal void Take(AdamWStep numbers)
    {
        using var gradients = Gradients(slots);
        gradients.Update(numbers);
    }

    /// <summary>The gradients that some of the parameters have now.</summary>
    internal AdamWGradients Gradients(IReadOnlyList<AdamWSlot> slots) => AdamWGradients.Of(slots, Threads ?? get_num_threads());

    /// <summary>The numbers of a step; <see cref="Step"/> says what they are made from.</summary>
    internal AdamWStep Numbers(long step, double learningRate, double gradientScale)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(step, 1);
        return new AdamWStep(
            GradientScale: (float)gradientScale,
            Beta1: (float)beta1,
            Gain1: (float)(1 - beta1),
            Beta2: (float)beta2,
            Gain2: (float)(1 - beta2),
            Keep: (float)(1 - learningRate * weightDecay),
            StepSize: (float)(learningRate / (1 - Math.Pow(beta1, step))),
            RootCorrection: (float)(1 / Math.Sqrt(1 - Math.Pow(beta2, step))),
            Epsilon: (float)epsilon,
            Decay: learningRate * weightDecay,
            Rate: learningRate / (1 - Math.Pow(beta1, step)),
            LearningRate: learningRate,
            Momentum: momentum,
            Number: step);
    }

    /// <summary>Overwrites all moments.</summary>
    /// <param name="state">Exactly the names and shapes of <see cref="State"/>; where ranks share the moments, those of others may be among
    /// them.</param>
    /// <exception cref="InvalidDataException">Names are missing or unknown, or shapes differ; nothing was overwritten.</exception>
    public void Load(IReadOnlyDictionary<string, Tensor> state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var own = State.ToArray();
        var faults = own.Where(pair => !state.TryGetValue(pair.Key, out var tensor) || !tensor.shape.SequenceEqual(pair.Value.shape))
            .Select(pair => pair.Key)
            .Concat(state.Keys.Except(slots.SelectMany(slot => slot.StateNames))).ToArray();
        if (faults.Length > 0)
            throw new InvalidDataException(
                $"These moments are missing, unknown or of another shape: {string.Join(", ", faults)}. Load the state of an optimizer "
                + "over the same parameters.");

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var (name, tensor) in own) tensor.copy_(state[name]);
    }

    /// <summary>Sets all gradients to zero, and keeps their memory or takes it now.</summary>
    /// <remarks>
    /// Memory that is taken during the backward pass lies between the large temporaries of that pass, stays when they go, and breaks up the
    /// allocator's heap: resident memory then grows to a multiple of what is in use.
    /// </remarks>
    public void ZeroGradients() => ZeroGradients(slots);

    /// <summary>Drops all gradients and their memory.</summary>
    public void ClearGradients() => ClearGradients(slots);

    /// <inheritdoc cref="ZeroGradients()"/>
    internal static void ZeroGradients(IEnumerable<AdamWSlot> slots)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        foreach (var slot in slots.Where(slot => slot.Parameter.requires_grad))
        {
            if (slot.Parameter.grad is { } gradient) gradient.zero_();
            else slot.Parameter.grad = zeros_like(slot.Parameter);
        }
    }

    /// <inheritdoc cref="ClearGradients()"/>
    internal static void ClearGradients(IEnumerable<AdamWSlot> slots)
    {
        foreach (var slot in slots) slot.Parameter.grad = null;
    }

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        foreach (var slot in slots) slot.Dispose();
    }
}
