using System.Runtime.Intrinsics;
using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>
/// The standard network's steps, x_{k+1} = x_k + Q[h_k(x_k)], over memory and on the calling thread, for whoever takes a few tokens
/// through the blocks by itself. The bits are those of <see cref="Stepper"/>.
/// </summary>
/// <param name="options">Of the stack; γ is 0 in evaluation.</param>
internal readonly unsafe struct EulerSteps(BdiaStackOptions options)
{
    private readonly bool quantizes = options.Quantize;
    private readonly FixedPointGrid grid = new(options.FractionBits);

    /// <summary>Makes x_0 of what came in, in its place.</summary>
    /// <param name="x">Whole registers are read and written.</param>
    /// <param name="count">Elements that count for the magnitude.</param>
    /// <returns>The largest magnitude, which <see cref="Check"/> takes.</returns>
    public float Start(float* x, int count)
    {
        if (!quantizes) return 0;
        var largest = Vector256<float>.Zero;
        for (var i = 0; i < count; i += Lanes.Count)
        {
            var value = Lanes.Load(x + i);
            BdiaStep.Quantize(value, grid).Value.Store(x + i);
            largest = Vector256.Max(largest, Counted(Vector256.Abs(value.Value), count - i));
        }

        return Largest(largest);
    }

    /// <summary>Adds h to x, in its place.</summary>
    /// <inheritdoc cref="Start"/>
    public float Add(float* x, float* h, int count)
    {
        var largest = Vector256<float>.Zero;
        for (var i = 0; i < count; i += Lanes.Count)
        {
            var (state, residual) = (Lanes.Load(x + i), Lanes.Load(h + i));
            var next = quantizes ? BdiaStep.Euler(state, residual, grid) : state + residual;
            next.Value.Store(x + i);
            largest = Vector256.Max(largest,
                Counted(Vector256.Max(Vector256.Abs(next.Value), Vector256.Abs(residual.Value)), count - i));
        }

        return Largest(largest);
    }

    /// <summary>Throws where a state has left the range in which it is exact.</summary>
    /// <param name="block">The block that led there.</param>
    /// <param name="magnitude">The largest of its step.</param>
    /// <exception cref="ReversibilityException">It has, or is not a number.</exception>
    public void Check(int block, float magnitude)
    {
        var limit = grid.Limit(0);
        if (quantizes && !(magnitude <= limit)) throw ReversibilityException.OutOfRange(block, magnitude, limit, grid.FractionBits);
    }

    // Beyond the last element stand others' numbers.
    private static Vector256<float> Counted(Vector256<float> magnitudes, int count)
        => count >= Lanes.Count ? magnitudes
            : Vector256.ConditionalSelect(Vector256.LessThan(Vector256<float>.Indices, Vector256.Create((float)count)), magnitudes,
                Vector256<float>.Zero);

    private static float Largest(Vector256<float> lanes)
    {
        var largest = 0f;
        for (var i = 0; i < Lanes.Count; i++) largest = MathF.Max(largest, lanes[i]);
        return largest;
    }
}
