using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>Rows for the kernels that go over them, and what their results must be near.</summary>
internal static class KernelRows
{
    private const double HalfUnit = 1.0 / 256; // bfloat16 has 8 significant bits, so rounding is by at most 2⁻⁸ of the value

    public static readonly int?[] ThreadCounts = [1, 2, 3, 16, null];

    // Rows of one piece and several, whole and not; lengths of one register and several, whole and not.
    public static readonly Gen<(int Rows, int Length, bool Half)> Shapes = Gen.Select(
        Gen.OneOf(Gen.Const(0), Gen.Const(1), Gen.Const(64), Gen.Int[1, 200]),
            Gen.OneOf(Gen.Const(1), Gen.Const(40), Gen.Const(256), Gen.Int[1, 100]), Gen.Bool);

    public static Tensor Values(ulong seed, bool half, params long[] shape)
        => shape.Contains(0) ? empty(shape, half ? ScalarType.BFloat16 : ScalarType.Float32)
            : Stacks.Normal(seed, shape).to(half ? ScalarType.BFloat16 : ScalarType.Float32);

    public static Tensor Exact(Tensor x) => x.to(ScalarType.Float64).detach().requires_grad_(true);

    public static void AssertSame(Tensor expected, Tensor actual)
        => Assert.Equal(0, TensorMemory.DifferingElements(expected.to(ScalarType.Float32).contiguous(),
            actual.to(ScalarType.Float32).contiguous()));

    public static void AssertNear(Tensor exact, Tensor actual, double bound, bool half)
    {
        Assert.Equal(exact.shape, actual.shape);
        if (exact.numel() == 0) return;
        var excess = (exact - actual).abs() - exact.abs().Times((half ? HalfUnit : 0) + 1e-6);
        Assert.InRange(excess.max().item<double>(), double.NegativeInfinity, bound);
    }
}
