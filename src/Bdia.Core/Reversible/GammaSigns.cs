using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>The weights γ of one pass of a <see cref="GammaEnsemble"/>: a sign for each block.</summary>
/// <param name="Pass">Its number, from 0 on.</param>
/// <param name="Size">|γ|.</param>
internal sealed record GammaSigns(int Pass, double Size)
{
    private const ulong Purpose = 0x73636F72696E67; // of no run: the same signs for every model

    /// <summary>γ of a block.</summary>
    public float Of(int block)
    {
        var isNegative = SplitMix64.Derive(SplitMix64.Derive(Purpose, (ulong)(Pass / 2)), (ulong)block) >> 63 == 1;
        return (float)(isNegative == (Pass % 2 == 0) ? -Size : Size);
    }
}
