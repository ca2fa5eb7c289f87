using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>MKL's products called directly, beside libtorch's in float64.</summary>
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

        AssertNear(y, Exact(x).mm(Exact(w).t()).add(1));
        AssertNear(byX, Exact(g).mm(Exact(w)));
        AssertNear(byW, Exact(g).t().mm(Exact(x)).add(1));

        unsafe void Run()
        {
            DirectProducts.Forward(type, Address(x), Address(w), TensorMemory.Pointer<float>(y), rows, inputs, outputs, add: true);
            DirectProducts.ByInput(type, Address(g), Address(w), TensorMemory.Pointer<float>(byX), rows, inputs, outputs);
            DirectProducts.AddByWeight(type, Address(g), Address(x), TensorMemory.Pointer<float>(byW), rows, inputs, outputs);
        }

        static unsafe nint Address(Tensor t) => (nint)TensorMemory.Address(t);

        static Tensor Exact(Tensor t) => t.to(ScalarType.Float64);

        static void AssertNear(Tensor actual, Tensor expected)
            => Assert.InRange((Exact(actual) - expected).abs().max().item<double>(), 0, 1e-3);
    }
}
