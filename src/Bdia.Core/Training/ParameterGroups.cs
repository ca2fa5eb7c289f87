using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>The trainable parameters of a module, each in exactly one of two groups: with weight decay and without.</summary>
public sealed class ParameterGroups
{
    /// <summary>Makes the groups from their names.</summary>
    /// <param name="parameters">All trainable parameters by name.</param>
    /// <param name="decay">Names of those with weight decay.</param>
    /// <param name="noDecay">Names of those without.</param>
    /// <exception cref="ArgumentException">A parameter is in neither group or in both, or a name is unknown.</exception>
    public ParameterGroups(
        IEnumerable<(string Name, Tensor Parameter)> parameters, IEnumerable<string> decay, IEnumerable<string> noDecay)
        : this(parameters, decay, noDecay, null, null)
    {
    }

    private ParameterGroups(IEnumerable<(string Name, Tensor Parameter)> parameters, IEnumerable<string> decay, IEnumerable<string> noDecay,
        Func<string, double>? rateScale, IReadOnlyDictionary<Tensor, MatrixParts>? matrices)
    {
        var (with, without) = (decay.ToHashSet(StringComparer.Ordinal), noDecay.ToHashSet(StringComparer.Ordinal));
        Parameters = [.. parameters.Select(p => new Entry(p.Name, p.Parameter, with.Contains(p.Name))
        {
            RateScale = rateScale?.Invoke(p.Name) ?? 1,
            Parts = matrices?.GetValueOrDefault(p.Parameter) ?? default,
        })];

        var names = Parameters.Select(p => p.Name).ToHashSet(StringComparer.Ordinal);
        var both = with.Where(without.Contains).ToArray();
        var neither = names.Where(name => !with.Contains(name) && !without.Contains(name)).ToArray();
        var unknown = with.Concat(without).Where(name => !names.Contains(name)).ToArray();
        var faults = new List<string>();
        if (both.Length > 0) faults.Add($"in both groups: {string.Join(", ", both)}");
        if (neither.Length > 0) faults.Add($"in neither group: {string.Join(", ", neither)}");
        if (unknown.Length > 0) faults.Add($"no such parameter: {string.Join(", ", unknown)}");
        if (faults.Count > 0)
            throw new ArgumentException($"Every parameter must be in exactly one of the groups decay and noDecay, but these are not: "
                + $"{string.Join("; ", faults)}.");
    }

    /// <summary>A parameter and its group.</summary>
    /// <param name="Name">Its name in the module's state.</param>
    /// <param name="Parameter">The parameter itself.</param>
    /// <param name="Decays">Whether weight decay applies.</param>
    public sealed record Entry(string Name, Tensor Parameter, bool Decays)
    {
        /// <summary>What the learning rate is multiplied by for it, above 0. Default 1.</summary>
        public double RateScale { get; init; } = 1;

        /// <summary>
        /// Matrices of equal size that it holds one below the other and that <see cref="OptimizerKind.Muon"/> takes steps for, each by
        /// itself; 0 where AdamW does. Default 0.
        /// </summary>
        public int Matrices => Parts.Count;

        /// <summary>How it is made of them.</summary>
        internal MatrixParts Parts { get; init; }
    }

    /// <summary>All trainable parameters, in the module's order.</summary>
    public IReadOnlyList<Entry> Parameters { get; }

    /// <summary>The usual groups of a module: everything with two or more dimensions decays, save what is named.</summary>
    /// <param name="module">The module; parameters that take no gradient are left out, shared ones are taken once.</param>
    /// <param name="withoutDecay">Names of parameters with two or more dimensions that must not decay.</param>
    /// <param name="rateScale">What the learning rate of a parameter is multiplied by, of its name; null: 1 for all.</param>
    /// <returns>The groups.</returns>
    /// <exception cref="ArgumentException">A name is unknown, or the module has nothing to train.</exception>
    public static ParameterGroups Of(nn.Module module, IReadOnlyCollection<string>? withoutDecay = null,
        Func<string, double>? rateScale = null)
        => Of(module, withoutDecay, rateScale, matrices: null);

    internal static ParameterGroups Of(nn.Module module, IReadOnlyCollection<string>? withoutDecay, Func<string, double>? rateScale,
        IReadOnlyDictionary<Tensor, MatrixParts>? matrices)
    {
        ArgumentNullException.ThrowIfNull(module);
        var trainable = module.named_parameters().Where(p => p.parameter.requires_grad).ToArray();
        if (trainable.Length == 0)
            throw new ArgumentException($"Module {module.GetName()} has no parameter that takes a gradient; there is nothing to train.",
                nameof(module));

        var exempt = (withoutDecay ?? []).ToHashSet(StringComparer.Ordinal);
        var decay = trainable.Where(p => p.parameter.dim() > 1 && !exempt.Contains(p.name)).Select(p => p.name)
            .ToHashSet(StringComparer.Ordinal);
        var noDecay = trainable.Select(p => p.name).Where(name => !decay.Contains(name)).Union(exempt, StringComparer.Ordinal);
        return new ParameterGroups(trainable.Select(p => (p.name, (Tensor)p.parameter)), decay, noDecay, rateScale, matrices);
    }
}
