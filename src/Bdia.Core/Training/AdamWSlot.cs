using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>A parameter with its two moments, or with the one that Muon keeps.</summary>
internal sealed class AdamWSlot : IDisposable
{
    public AdamWSlot(ParameterGroups.Entry entry)
    {
        if (entry.Parameter.dtype != ScalarType.Float32)
            throw new ArgumentException($"Parameter {entry.Name} is {entry.Parameter.dtype}; AdamW keeps float32 weights. Convert it, "
                + "or keep it out of training.");
        (Name, Parameter, Decays, RateScale, Parts) = (entry.Name, entry.Parameter, entry.Decays, entry.RateScale, entry.Parts);
        First = zeros(Parameter.shape, float32, Parameter.device).DetachFromDisposeScope();
        if (Parts.Count == 0) Second = zeros(Parameter.shape, float32, Parameter.device).DetachFromDisposeScope();
    }

    public string Name { get; }

    public Tensor Parameter { get; }

    public bool Decays { get; }

    /// <summary>What the learning rate is multiplied by.</summary>
    public double RateScale { get; }

    /// <summary>The matrices that it holds, for which Muon takes steps; none where AdamW does.</summary>
    public MatrixParts Parts { get; }

    /// <summary>m, the running mean of the gradient.</summary>
    public Tensor First { get; }

    /// <summary>v, the running mean of the squared gradient; null where Muon takes the steps.</summary>
    public Tensor? Second { get; }

    public void Dispose()
    {
        First.Dispose();
        Second?.Dispose();
    }
}
