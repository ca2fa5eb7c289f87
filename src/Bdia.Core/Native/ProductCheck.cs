using System.Runtime.CompilerServices;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Native;

/// <summary>
/// Compares products of float32 matrices with sums written out. Operands are small integers, of which every order of summation gives the
/// same number: a kernel is right if it gives that very number.
/// </summary>
internal static class ProductCheck
{
    /// <summary>A way to multiply.</summary>
    /// <param name="a">(m, k), row after row.</param>
    /// <param name="b">(n, k): what stands right is its transpose.</param>
    /// <param name="sizes">m, k and n.</param>
    /// <returns>(m, n).</returns>
    internal delegate float[] Product(float[] a, float[] b, (int M, int K, int N) sizes);

    // Whole registers and parts of them, one row, one column, and more than the kernels' inner blocks hold.
    private static readonly (int M, int K, int N)[] sizes = [(1, 33, 47), (5, 3, 1), (16, 16, 16), (31, 65, 17), (65, 130, 97)];

    /// <summary>The first product that is wrong, as the beginning of a sentence; null where there is none.</summary>
    public static string? FirstFault(Product product)
    {
        foreach (var size in sizes)
        {
            var (a, b) = (Integers(size.M * size.K, 7), Integers(size.N * size.K, 11));
            var (result, sums) = (product(a, b, size), Sums(a, b, size));
            for (var i = 0; i < sums.Length; i++)
                if (result[i] != sums[i])
                    return $"element {i} of a product of {size.M} x {size.K} by {size.K} x {size.N} came out as {result[i]} instead of "
                        + $"{sums[i]}.";
        }

        return null;
    }

    /// <summary>libtorch's product.</summary>
    public static float[] ByTorch(float[] a, float[] b, (int M, int K, int N) sizes)
    {
        using var noGradients = no_grad();
        using var left = tensor(a, [sizes.M, sizes.K]);
        using var right = tensor(b, [sizes.N, sizes.K]);
        using var transposed = right.t();
        using var product = left.mm(transposed);
        return product.data<float>().ToArray();
    }

    private static float[] Integers(int count, int step)
    {
        var values = new float[count];
        for (var i = 0; i < count; i++) values[i] = i * step % 17 - 8;
        return values;
    }

    // Once a process: compiled at once, and not first for a trial.
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float[] Sums(float[] a, float[] b, (int M, int K, int N) sizes)
    {
        var (m, k, n) = sizes;
        var sums = new float[m * n];
        for (var i = 0; i < m; i++)
            for (var j = 0; j < n; j++)
            {
                var sum = 0;
                for (var l = 0; l < k; l++) sum += (int)a[i * k + l] * (int)b[j * k + l];
                sums[i * n + j] = sum;
            }

        return sums;
    }
}
