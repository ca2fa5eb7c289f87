using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// A trained vector for each place. State: weight (longest, D), initially that of <see cref="SinusoidalPositions"/>, which training then
/// moves.
/// </summary>
internal sealed class LearnedPositions : nn.Module
{
    private readonly Parameter weight; // (longest, D)

    public LearnedPositions(int longest, int width) : base(nameof(LearnedPositions))
    {
        weight = Initial.Values(() => SinusoidalPositions.Rows(0, longest, width, CPU), longest, width);
        RegisterComponents();
    }

    /// <summary>(count, D) from a first place on.</summary>
    /// <exception cref="ArgumentException">There are not so many places.</exception>
    internal Tensor Rows(long first, long count)
    {
        if (first + count > weight.shape[0])
            throw new ArgumentException($"A text has {first + count} tokens; places were learned for {weight.shape[0]}. Shorten the "
                + "text, or train a network with a larger MaxLength or sinusoidal positions.", nameof(count));
        return weight.narrow(0, first, count);
    }
}
