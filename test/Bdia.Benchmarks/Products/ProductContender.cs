using System.Runtime.Intrinsics;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Products;

/// <summary>Takes one product over and over.</summary>
internal static class ProductContender
{
    private const int Columns = 64; // rows that are taken through together
    private const int Repetitions = 8;
    private const double Seconds = 0.25;

    public static ProductFigures Run(ProductSettings settings)
    {
        BdiaRuntime.Threads = 1;
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var generator = new Generator(1);
        var x = randn([settings.Rows, settings.Inputs], generator: generator);
        var weight = randn([settings.Outputs, settings.Inputs], generator: generator);
        var y = empty(settings.Rows, settings.Outputs);
        Action product = settings.Method != ProductMethod.Own ? () => x.mm(weight.t()).Dispose()
            : Vector512.IsHardwareAccelerated ? () => Own<Simd512, Vector512<float>>(x, weight, y)
            : () => Own<Simd256, Vector256<float>>(x, weight, y);
        if (settings.Method == ProductMethod.Own)
        {
            product();
            if ((y - x.mm(weight.t())).abs().max().item<float>() > 1e-2f)
                throw new InvalidOperationException("The product is wrong.");
        }

        var operations = 2.0 * settings.Rows * settings.Inputs * settings.Outputs;
        var best = 0.0;
        for (var i = 0; i < Repetitions; i++)
        {
            var (start, calls) = (Environment.CpuUsage.TotalTime, 0);
            TimeSpan taken;
            do
            {
                product();
                calls++;
                taken = Environment.CpuUsage.TotalTime - start;
            }
            while (taken.TotalSeconds < Seconds);
            best = Math.Max(best, operations * calls / taken.TotalSeconds);
        }

        return new(best, ArithmeticLimit.Measure(inProcessorTime: true));
    }

    private static unsafe void Own<S, V>(Tensor x, Tensor weight, Tensor y) where S : struct, ISimd<V> where V : struct
    {
        var (rows, inputs, layer) = ((int)x.shape[0], (int)x.shape[1], new DenseWeights(weight, bias: null));
        float* source = TensorMemory.Pointer<float>(x), target = TensorMemory.Pointer<float>(y);
        using var scratch = new Scratch((inputs, Columns), (layer.Outputs, Columns));
        float* columns = scratch.Take(inputs, Columns), results = scratch.Take(layer.Outputs, Columns);
        var stride = Scratch.Stride(Columns);
        for (var first = 0; first < rows; first += Columns)
        {
            var count = Math.Min(Columns, rows - first);
            TransposedRows<S, V>.Read(source + (long)first * inputs, inputs, count, inputs, columns, stride);
            layer.Apply<S, V>(columns, results, stride, count);
            TransposedRows<S, V>.Write(results, stride, count, layer.Outputs, target + (long)first * layer.Outputs, layer.Outputs);
        }
    }
}
