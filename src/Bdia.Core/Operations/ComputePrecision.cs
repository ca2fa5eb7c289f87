namespace Bdia.Core.Operations;

/// <summary>Number format of matrix products. Parameters, normalisation and residual sums are float32 in both.</summary>
public enum ComputePrecision
{
    /// <summary>24 bits of precision.</summary>
    Float32,

    /// <summary>
    /// 8 bits of precision and the range of float32: faster where the processor has instructions for it
    /// (<see cref="Native.BdiaRuntime.HasBFloat16Products"/>), as fast elsewhere.
    /// </summary>
    BFloat16,
}
