using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>MKL's products called directly, beside libtorch's in float64.</summary>
[Collection("Alone")] // sets the number of threads of the whole process
public class DirectProductsTests
{
    [Theory]
    [InlineData(ScalarType.Float32, 7, 5, 3)]
    [InlineData(ScalarType.Float32, 160, 128, 384)]
    [InlineData(ScalarType.BFloat16, 7, 5, 3)]
    [InlineData(ScalarType.BFloat16, 160, 128, 384)]
    public void They_agree_with_float64(ScalarType type, int rows, int inputs, int outputs)
    {
        Assert.SkipUnless(DirectProducts.Serve(type), "There are none here.");
        using var scope = NewDisposeScope();
        Tensor x = Stacks.Normal(1, rows, inputs).to(type), w = Stacks.Normal(2, outputs, inputs).to(type),
            g = Stacks.Normal(3, rows, outputs).to(type);
        Tensor y = ones(rows, outputs), byX = ones(rows, inputs), byW = ones(outputs, inputs);
        Run();

        AssertNear(y, Exact(x).mm(Exact(w).t()).Plus(1));
        AssertNear(byX, Exact(g).mm(Exact(w)));
        AssertNear(byW, Exact(g).t().mm(Exact(x)).Plus(1));

        unsafe void Run()
        {
            DirectProducts.Forward(type, Address(x), Address(w), TensorMemory.Pointer<float>(y), rows, inputs, outputs, add: true);
            DirectProducts.ByInput(type, Address(g), Address(w), TensorMemory.Pointer<float>(byX), rows, inputs, outputs);
            DirectProducts.AddByWeight(type, Address(g), outputs, Address(x), TensorMemory.Pointer<float>(byW), rows, inputs, outputs);
        }

        static unsafe nint Address(Tensor t) => (nint)TensorMemory.Address(t);

        static Tensor Exact(Tensor t) => t.to(ScalarType.Float64);

        static void AssertNear(Tensor actual, Tensor expected)
            => Assert.InRange((Exact(actual) - expected).abs().max().item<double>(), 0, 1e-3);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_thread_alone_and_each_of_a_team_get_the_same_bits(ScalarType type)
    {
        Assert.SkipUnless(DirectProducts.Serve(type), "There are none here.");
        const int threads = 3;
        var before = BdiaRuntime.Threads;
        try
        {
            // Sums to beyond the length from which MKL has another order in a team. It has one for fewer rows or columns than 16 as well.
            Gen.Select(Gen.Int[16, 300], Gen.Int[1, 2100], Gen.Int[16, 300], Gen.Int[0, 2]).Sample((rows, sum, columns, kind) =>
            {
                BdiaRuntime.Threads = 1;
                var alone = Products();
                BdiaRuntime.Threads = threads;
                Assert.All(Products(), product => Assert.True(product.AsSpan().SequenceEqual(alone[0])));

                unsafe float[][] Products()
                {
                    using var scope = NewDisposeScope();
                    // Each kind has its own operands on end.
                    Tensor a = (kind == 2 ? Stacks.Normal(1, sum, rows) : Stacks.Normal(1, rows, sum)).to(type),
                        b = (kind == 0 ? Stacks.Normal(2, columns, sum) : Stacks.Normal(2, sum, columns)).to(type);
                    var results = Enumerable.Range(0, threads).Select(_ => zeros(rows, columns)).ToArray();
                    nint left = (nint)TensorMemory.Address(a), right = (nint)TensorMemory.Address(b);
                    var addresses = results.Select(result => (nint)TensorMemory.Address(result)).ToArray();
                    KernelThreads.For(threads, i =>
                    {
                        var c = (float*)addresses[i];
                        if (kind == 0) DirectProducts.Forward(type, left, right, c, rows, sum, columns, add: false);
                        else if (kind == 1) DirectProducts.ByInput(type, left, right, c, rows, columns, sum);
                        else DirectProducts.AddByWeight(type, left, rows, right, c, sum, columns, rows);
                    });
                    return [.. results.Select(result => result.data<float>().ToArray())];
                }
            }, iter: 60, threads: 1);
        }
        finally
        {
            BdiaRuntime.Threads = before;
        }
    }
}
