using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using Bdia.Core.Native;
using Bdia.Core.Tensors;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Native;

/// <summary>libtorch's products use 512-bit registers on AMD as well, are right, and a user can turn it off.</summary>
public sealed class WideProductsTests
{
    [Fact]
    public void A_library_written_here_is_found_by_everybody_and_notes_that_it_was_asked()
    {
        Assert.SkipUnless(IsLinuxOnX64, "Linux on x64 alone.");
        var image = AnsweringLibrary.Build("libbdia-test.so", ["bdia_test_first", "bdia_test_second"]);

        var library = MemoryImage.Load(image, "libbdia-test.so", forEverybody: true);

        var asked = NativeLibrary.GetExport(library, AnsweringLibrary.Asked);
        Assert.Equal(0, Marshal.ReadInt32(asked));
        foreach (var name in new[] { "bdia_test_second", "bdia_test_first" })
        {
            var function = NativeLibrary.GetExport(NativeLibrary.GetMainProgramHandle(), name);
            Assert.Equal(1, Marshal.GetDelegateForFunctionPointer<Answer>(function)());
            Assert.Equal(1, Marshal.ReadInt32(asked));
        }
    }

    [Fact]
    public void A_library_that_is_not_for_everybody_stays_by_itself()
    {
        Assert.SkipUnless(IsLinuxOnX64, "Linux on x64 alone.");
        var library = MemoryImage.Load(AnsweringLibrary.Build("libbdia-own.so", ["bdia_test_own"]), "libbdia-own.so");

        Assert.True(NativeLibrary.TryGetExport(library, "bdia_test_own", out _));
        Assert.False(NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), "bdia_test_own", out _));
    }

    [Fact]
    public void Names_that_do_not_fit_into_a_page_are_refused()
        => Assert.Throws<ArgumentException>(() => AnsweringLibrary.Build("lib.so", [new('x', 4096)]));

    [Theory]
    [InlineData("AuthenticAMD", true, null, null, null, true)]
    [InlineData("AuthenticAMD", true, null, null, true, true)]
    [InlineData("AuthenticAMD", true, "BDIA_WIDE_PRODUCTS", "1", null, true)]
    [InlineData("AuthenticAMD", false, null, null, null, false)] // Zen 3
    [InlineData("GenuineIntel", true, null, null, null, false)] // gets them unasked
    [InlineData(null, true, null, null, null, false)]
    [InlineData("AuthenticAMD", true, "BDIA_WIDE_PRODUCTS", "0", null, false)]
    [InlineData("AuthenticAMD", true, "BDIA_WIDE_PRODUCTS", "False", true, false)]
    [InlineData("AuthenticAMD", true, null, null, false, false)]
    [InlineData("AuthenticAMD", true, "MKL_CBWR", "COMPATIBLE", null, false)]
    [InlineData("AuthenticAMD", true, "MKL_ENABLE_INSTRUCTIONS", "AVX2", null, false)]
    [InlineData("AuthenticAMD", true, "MKL_DEBUG_CPU_TYPE", "5", null, false)]
    public void They_are_offered_where_they_gain_and_nobody_objects(
        string? manufacturer, bool instructions, string? name, string? value, bool? wanted, bool expected)
        => Assert.Equal(expected, WideProducts.IsWorthwhile(manufacturer, instructions, asked => asked == name ? value : null, wanted));

    [Fact]
    public void A_libtorch_that_is_loaded_already_is_seen()
    {
        Assert.True(WideProducts.IsMapped("libtorch_cpu.so", ["1-2 r-xp 0 08:01 7 /opt/other/lib/libtorch_cpu.so"]));
        Assert.False(WideProducts.IsMapped("libtorch_cpu.so", ["1-2 r-xp 0 08:01 7 /opt/lib/libtorch_cpu.so.old", "1-2 rw-p 0 00:00 0"]));
    }

    [Fact]
    public void MKL_asks_in_this_process_where_it_was_offered_and_the_description_says_so()
    {
        var text = BdiaRuntime.Describe();

        Assert.Equal(WideProducts.State.Length > 0, WideProducts.WasAsked); // TorchSharp's libtorch has an MKL that asks
        Assert.Equal(WideProducts.WasAsked, text.Contains("512-bit products of MKL", StringComparison.Ordinal));
        if (!IsLinuxOnX64 || !Avx512F.IsSupported) Assert.False(WideProducts.WasAsked);
    }

    [Fact]
    public void The_check_passes_what_is_right_and_names_what_is_not()
    {
        Assert.Null(ProductCheck.FirstFault(ProductCheck.ByTorch));

        var text = ProductCheck.FirstFault((a, b, sizes) =>
        {
            var product = ProductCheck.ByTorch(a, b, sizes);
            if (sizes.M == 31) product[^1] = MathF.BitIncrement(product[^1]);
            return product;
        });

        Assert.NotNull(text);
        Assert.Contains("element 526 of a product of 31 x 65 by 65 x 17 came out as", text);
    }

    [Fact]
    public void Products_of_any_shape_and_layout_are_those_written_out()
        => Gen.Select(Gen.Int[1, 150], Gen.Int[1, 300], Gen.Int[1, 150], Gen.Int[0, 3], Gen.Int).Sample((m, k, n, layout, seed) =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            var random = new Random(seed);
            var (a, b) = (Values(random, m, k), Values(random, k, n));
            var (left, right) = ((layout & 1) == 0 ? a : a.t().contiguous().t(), (layout & 2) == 0 ? b : b.t().contiguous().t());

            var (product, exact) = (left.mm(right), a.to(float64).mm(b.to(float64)));

            // The bound of any order of summation: k roundings of partial sums of absolute products, each at most 2^-24 of them.
            var bound = a.abs().to(float64).mm(b.abs().to(float64)).Times((k + 1) * Math.Pow(2, -24));
            Assert.True((product.to(float64) - exact).abs().le(bound).all().item<bool>(), $"{m} x {k} x {n}, layout {layout}");
            var (x, y) = (a.Times(8).round(), b.Times(8).round());
            Assert.True(ByHand(x, y).AsSpan().SequenceEqual(x.mm(y).data<float>().ToArray()), $"integers, {m} x {k} x {n}");
        }, iter: 60);

    [Fact]
    public void The_same_product_gives_the_same_bits_again()
    {
        using var scope = NewDisposeScope();
        var random = new Random(3);
        var (a, b) = (Values(random, 130, 257), Values(random, 257, 65));
        var first = a.mm(b);
        for (var i = 0; i < 20; i++) Assert.True(first.equal(a.mm(b)).all().item<bool>());
    }

    private static bool IsLinuxOnX64
        => OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == System.Runtime.InteropServices.Architecture.X64;

    private static Tensor Values(Random random, int rows, int columns)
        => tensor(Enumerable.Range(0, rows * columns).Select(_ => (float)(random.NextDouble() * 2 - 1)).ToArray(), [rows, columns]);

    private static float[] ByHand(Tensor a, Tensor b)
    {
        var (m, k, n) = ((int)a.shape[0], (int)a.shape[1], (int)b.shape[1]);
        var (left, right) = (a.data<float>().ToArray(), b.data<float>().ToArray());
        var sums = new float[m * n];
        for (var i = 0; i < m; i++)
            for (var l = 0; l < k; l++)
                for (var j = 0; j < n; j++) sums[i * n + j] += left[i * k + l] * right[l * n + j];
        return sums;
    }

    private delegate int Answer();
}
