using Bdia.Core.Tensors;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Initial values of parameters, drawn from the caller's generator. TorchSharp's own initialisers draw from the global one.
/// </summary>
internal static class Initial
{
    // Where a normal distribution is cut, in standard deviations, and the area below that.
    private const double Cut = 2;
    private const double AreaBelowCut = 0.9772498680518208;

    [ThreadStatic] private static bool isLeftOut;

    /// <summary>
    /// Until it is disposed, parameters that this thread makes hold what happens to be in memory: for modules that get all their values
    /// from a file.
    /// </summary>
    internal static LeftOut LeaveOut() => new();

    /// <summary>Normal with mean 0 and the given standard deviation, cut at two of them on either side.</summary>
    internal static Parameter TruncatedNormal(Generator generator, double standardDeviation, params long[] shape)
    {
        // Inverse of the distribution function: z = √2 erfinv(2 area - 1) of a uniform area between the two cuts.
        const double Bound = 2 * AreaBelowCut - 1;
        var limit = Cut * standardDeviation;
        return Owned(shape, () =>
        {
            var values = Empty(shape).uniform_(-Bound, Bound, generator).erfinv_().TimesInPlace(Math.Sqrt(2) * standardDeviation);
            return TensorMath.With(-limit, limit, (low, high) => values.clamp_(low, high));
        });
    }

    /// <summary>Normal with mean 0 and the given standard deviation.</summary>
    internal static Parameter Normal(Generator generator, double standardDeviation, params long[] shape)
        => Owned(shape, () => Empty(shape).normal_(0, standardDeviation, generator));

    /// <summary>Weights (outputs, inputs) of a dense layer.</summary>
    /// <param name="scheme">How they are spread.</param>
    /// <param name="generator">What they are drawn from.</param>
    /// <param name="inputs">Features that go in.</param>
    /// <param name="outputs">Features that come out, of all parts.</param>
    /// <param name="parts">How many maps of equal size the layer computes in one product; each is drawn as if it stood alone.</param>
    internal static Parameter Weights(WeightScheme scheme, Generator generator, int inputs, int outputs, int parts) => scheme switch
    {
        WeightScheme.Glorot => Uniform(generator, Math.Sqrt(6.0 / (inputs + outputs / parts)), outputs, inputs),
        _ => TruncatedNormal(generator, 1 / Math.Sqrt(inputs), outputs, inputs),
    };

    /// <summary>Uniform between -bound and bound.</summary>
    internal static Parameter Uniform(Generator generator, double bound, params long[] shape)
        => Owned(shape, () => Empty(shape).uniform_(-bound, bound, generator));

    /// <summary>
    /// A vector for each place of a grid, (rows · columns, width), row by row: the nearer two places, the more alike their vectors.
    /// </summary>
    /// <remarks>
    /// Random Fourier features (Rahimi and Recht, 2007): feature i of place p is √2 deviation cos(ω_i · p + φ_i), ω_i normal with deviation
    /// 1 / reach, φ_i uniform, so that the mean product of the vectors of p and q is about deviation² exp(-|p - q|² / (2 reach²)).
    /// </remarks>
    /// <param name="generator">What frequencies and phases are drawn from.</param>
    /// <param name="rows">Places from top to bottom.</param>
    /// <param name="columns">Places from left to right.</param>
    /// <param name="width">Features of a vector.</param>
    /// <param name="standardDeviation">Of the features.</param>
    /// <param name="reach">How far apart two places may be, in steps of the grid, and still be alike.</param>
    internal static Tensor Places(Generator generator, int rows, int columns, int width, double standardDeviation, double reach)
    {
        using var scope = NewDisposeScope();
        var down = Empty([width]).normal_(0, 1 / reach, generator);
        var right = Empty([width]).normal_(0, 1 / reach, generator);
        var phase = Empty([width]).uniform_(0, 2 * Math.PI, generator);
        var angles = Steps(rows).view(rows, 1, 1).mul(down).Plus(Steps(columns).view(1, columns, 1).mul(right)).Plus(phase);
        return angles.cos().Times(Math.Sqrt(2) * standardDeviation).view(rows * columns, width).MoveToOuterDisposeScope();

        static Tensor Steps(int count) => tensor(Enumerable.Range(0, count).Select(step => (float)step).ToArray(), ScalarType.Float32, CPU);
    }

    /// <summary>The given values.</summary>
    internal static Parameter Values(Func<Tensor> values, params long[] shape) => Owned(shape, values);

    /// <summary>The same value everywhere.</summary>
    internal static Parameter Constant(double value, params long[] shape)
        => Owned(shape, () => TensorMath.With(value, scalar => full(shape, scalar, ScalarType.Float32, CPU)));

    // A module may be built inside a caller's dispose scope, which must not free its parameters.
    private static Parameter Owned(long[] shape, Func<Tensor> create)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var parameter = nn.Parameter(isLeftOut ? Empty(shape) : create());
        parameter.DetachFromDisposeScope();
        return parameter;
    }

    // Whatever the caller's default type and device are: with others, the same seed would draw other weights.
    private static Tensor Empty(long[] shape) => empty(shape, ScalarType.Float32, CPU);

    /// <summary>See <see cref="LeaveOut"/>.</summary>
    internal sealed class LeftOut : IDisposable
    {
        public LeftOut() => isLeftOut = true;

        public void Dispose() => isLeftOut = false;
    }
}
