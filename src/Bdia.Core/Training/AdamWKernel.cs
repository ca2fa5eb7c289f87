using System.Numerics;
using System.Runtime.InteropServices;

namespace Bdia.Core.Training;

/// <summary>
/// <see cref="AdamWGradients.ByLibtorch"/> in one pass over memory, where libtorch's operations take about ten; vector and remainder
/// do the same roundings, so a value does not depend on where in a tensor it lies.
/// </summary>
internal static class AdamWKernel
{
    /// <summary>Sum of squares in double precision.</summary>
    public static double SumOfSquares(ReadOnlySpan<float> values)
    {
        var vectors = MemoryMarshal.Cast<float, Vector<float>>(values);
        var (low, high) = (Vector<double>.Zero, Vector<double>.Zero);
        foreach (var vector in vectors)
        {
            Vector.Widen(vector, out var a, out var b);
            low += a * a;
            high += b * b;
        }

        var sum = Vector.Sum(low + high);
        foreach (var value in values[(vectors.Length * Vector<float>.Count)..]) sum += (double)value * value;
        return sum;
    }

    /// <summary>One step over memory.</summary>
    public static void Update(Span<float> parameter, ReadOnlySpan<float> gradient, Span<float> first, Span<float> second, AdamWStep step)
    {
        var p = MemoryMarshal.Cast<float, Vector<float>>(parameter);
        var g = MemoryMarshal.Cast<float, Vector<float>>(gradient);
        var m = MemoryMarshal.Cast<float, Vector<float>>(first);
        var v = MemoryMarshal.Cast<float, Vector<float>>(second);
        var epsilon = new Vector<float>(step.Epsilon);
        for (var i = 0; i < p.Length; i++)
        {
            var scaled = g[i] * step.GradientScale;
            var mean = m[i] * step.Beta1 + scaled * step.Gain1;
            var square = v[i] * step.Beta2 + scaled * scaled * step.Gain2;
            m[i] = mean;
            v[i] = square;
            p[i] = p[i] * step.Keep - mean * step.StepSize / (Vector.SquareRoot(square) * step.RootCorrection + epsilon);
        }

        for (var i = p.Length * Vector<float>.Count; i < parameter.Length; i++)
        {
            var scaled = gradient[i] * step.GradientScale;
            first[i] = first[i] * step.Beta1 + scaled * step.Gain1;
            second[i] = second[i] * step.Beta2 + scaled * scaled * step.Gain2;
            parameter[i] = parameter[i] * step.Keep - first[i] * step.StepSize
                / (MathF.Sqrt(second[i]) * step.RootCorrection + step.Epsilon);
        }
    }
}
