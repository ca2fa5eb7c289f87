using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>A parameter with its two moments, or with the one that Muon keeps.</summary>
internal sealed class AdamWSlot : IDisposable
{
    private readonly ParameterGroups.Entry entry;
    private readonly MomentFormat format;

    /// <param name="entry">The parameter.</param>
    /// <param name="number">Its place among all parameters.</param>
    /// <param name="format">How moments are kept.</param>
    /// <param name="isKept">Whether they are kept here; else another rank does.</param>
    public AdamWSlot(ParameterGroups.Entry entry, int number, MomentFormat format, bool isKept = true)
    {
        (this.entry, this.format) = (entry, format);
        if (entry.Parameter.dtype != ScalarType.Float32)
            throw new ArgumentException($"Parameter {entry.Name} is {entry.Parameter.dtype}; AdamW keeps float32 weights. Convert it, "
                + "or keep it out of training.");
        (Number, Name, Parameter, Decays, RateScale, Parts) =
            (number, entry.Name, entry.Parameter, entry.Decays, entry.RateScale, entry.Parts);
        if (!isKept) return;
        First = new(Parameter, isSigned: true, format);
        if (Parts.Count == 0) Second = new(Parameter, isSigned: false, format);
    }

    /// <summary>The same with moments of zero, to hold what another rank keeps.</summary>
    public AdamWSlot Kept() => new(entry, Number, format);

    /// <summary>Its place among all parameters of the optimizer.</summary>
    public int Number { get; }

    public string Name { get; }

    public Tensor Parameter { get; }

    public bool Decays { get; }

    /// <summary>What the learning rate is multiplied by.</summary>
    public double RateScale { get; }

    /// <summary>The matrices that it holds, for which Muon takes steps; none where AdamW does.</summary>
    public MatrixParts Parts { get; }

    /// <summary>m, the running mean of the gradient; null where another rank keeps it.</summary>
    public Moment? First { get; }

    /// <summary>v, the running mean of the squared gradient; null where Muon takes the steps, or another rank keeps it.</summary>
    public Moment? Second { get; }

    /// <summary>All that there is of the moments here, by name.</summary>
    public IEnumerable<KeyValuePair<string, Tensor>> State
        => [.. First?.State("m", Name) ?? [], .. Second?.State("v", Name) ?? []];

    /// <summary>Names of the moments, wherever they are kept.</summary>
    public IEnumerable<string> StateNames
        => [.. Moment.Names("m", Name, format), .. Parts.Count == 0 ? Moment.Names("v", Name, format) : []];

    public void Dispose()
    {
        First?.Dispose();
        Second?.Dispose();
    }
}
