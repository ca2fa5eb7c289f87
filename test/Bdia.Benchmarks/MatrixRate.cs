using System.Diagnostics;
using Bdia.Core.Operations;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks;

/// <summary>What this machine's matrix products reach at best: the limit that all contenders are held against.</summary>
internal static class MatrixRate
{
    private const int Size = 2048;
    private const int Products = 5;

    /// <summary>Floating-point operations per second of a product of two large square matrices, the best of some.</summary>
    public static double Measure(ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var type = BFloat16Products.TypeOf(precision == ComputePrecision.BFloat16 ? bfloat16 : float32, DeviceType.CPU);
        var (a, b) = (ones(Size, Size, dtype: type), ones(Size, Size, dtype: type));
        var best = double.MaxValue;
        for (var i = 0; i <= Products; i++)
        {
            var watch = Stopwatch.StartNew();
            using var c = a.mm(b);
            best = Math.Min(best, watch.Elapsed.TotalSeconds);
        }

        return 2.0 * Size * Size * Size / best;
    }
}
