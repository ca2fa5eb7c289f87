using System.Runtime.Intrinsics;
using Bdia.Core.Operations;
using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>
/// The kernel against the formula in float64 and its gradients by libtorch's autograd, over views with gaps at odd addresses.
/// </summary>
public unsafe class AttentionKernelTests
{
    private const float Untouched = 7.5f; // what lies between the rows of a view

    // Rows of one register and of several, whole and not; one tile and several; one block of queries and several.
    private static readonly Gen<int> Lengths =
        Gen.OneOf(Gen.Int[1, 20], Gen.Int[1, 100], Gen.Const(1), Gen.Const(64), Gen.Const(65), Gen.Const(300));
    private static readonly Gen<int> Sizes = Gen.OneOf(Gen.Int[1, 40], Gen.Const(16), Gen.Const(32), Gen.Const(64), Gen.Const(80));
    private static readonly Gen<AttentionShape> Shapes = Gen.Select(Gen.Int[1, 3], Gen.Int[1, 3], Lengths, Lengths, Sizes, Gen.Bool)
        .Select((batch, heads, queries, keys, size, causal) => new AttentionShape(batch, heads, queries, keys, size, causal));

    [Fact]
    public void Agrees_with_the_formula_in_float64()
        => Gen.Select(Shapes, Gen.Bool).Sample((shape, masked) =>
        {
            using var scope = NewDisposeScope();
            var problem = new Problem(shape, masked);
            problem.Run();

            var (q, k, v) = (Exact(problem.Q), Exact(problem.K), Exact(problem.V));
            var scores = q.matmul(k.transpose(2, 3)).Over(Math.Sqrt(shape.Size));
            scores = scores.MaskedFill(problem.Visible().logical_not(), double.NegativeInfinity);
            var output = scores.softmax(-1).matmul(v);
            output.backward([problem.OutputGradient.Tensor.transpose(1, 2).to(ScalarType.Float64)]);

            AssertNear(output, problem.Output);
            AssertNear(q.grad!, problem.QGradient);
            AssertNear(k.grad!, problem.KGradient);
            AssertNear(v.grad!, problem.VGradient);
            AssertNear(scores.logsumexp(-1), problem.LogSumExp);
            problem.AssertNothingElseWritten();
        }, iter: 150);

    [Fact]
    public void Bits_do_not_depend_on_threads_or_the_call()
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(new(3, 5, 65, 70, 33, Causal: false), masked: true);
        var first = Results(1);
        foreach (var threads in new int?[] { 1, 2, 3, 16, null })
            foreach (var (expected, actual) in first.Zip(Results(threads))) Assert.Equal(0,
                TensorMemory.DifferingElements(expected, actual));

        Tensor[] Results(int? threads)
        {
            problem.Run(threads);
            return [.. problem.Written.Select(view => view.Tensor.contiguous().clone()), problem.LogSumExp.clone()];
        }
    }

    [Fact]
    public void Bits_of_a_sequence_do_not_depend_on_keys_that_the_mask_forbids()
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(new(2, 2, 9, 40, 16, Causal: false), masked: true);
        problem.Run();
        var before = problem.Written.Select(view => view.Tensor.contiguous().clone()).ToArray();
        var forbidden = problem.Mask!.logical_not().unsqueeze(-1).unsqueeze(-1);
        foreach (var view in new[] { problem.K, problem.V }) view.Tensor.MaskedFillInPlace(forbidden, float.NaN);
        problem.Run();
        foreach (var (expected, view) in before.Zip(problem.Written)) Assert.Equal(0,
            TensorMemory.DifferingElements(expected, view.Tensor.contiguous()));
    }

    [Fact]
    public void Gradients_may_be_written_over_what_they_are_made_by()
        => Gen.Select(Shapes, Gen.Bool, Gen.Bool).Sample((shape, masked, half) =>
        {
            using var scope = NewDisposeScope();
            var problem = new Problem(shape, masked, half ? ScalarType.BFloat16 : ScalarType.Float32);
            problem.Run();
            AttentionKernel.Backward(shape, problem.Q.Rows, problem.K.Rows, problem.V.Rows, problem.Output.Rows,
                TensorMemory.Pointer<float>(problem.LogSumExp),
                problem.OutputGradient.Rows, problem.Q.Rows, problem.K.Rows, problem.V.Rows, problem.Mask is null
                    ? null : TensorMemory.Pointer<byte>(problem.Mask));
            foreach (var (expected, actual) in new[] { (problem.QGradient, problem.Q), (problem.KGradient, problem.K),
                (problem.VGradient, problem.V) })
                Assert.Equal(0, TensorMemory.DifferingElements(expected.Tensor.to(ScalarType.Float32).contiguous(),
                    actual.Tensor.to(ScalarType.Float32).contiguous()));
        }, iter: 100);

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.BFloat16)]
    public void A_query_that_sees_no_key_gives_NaN_and_harms_no_other_sequence(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(new(2, 2, 5, 20, 8, Causal: false), masked: true, type);
        problem.Mask![1] = zeros(20, ScalarType.Bool);
        problem.Run();
        foreach (var result in new[] { problem.Output, problem.QGradient })
        {
            Assert.True(result.Tensor[0].isfinite().all().item<bool>());
            Assert.True(result.Tensor[1].isnan().all().item<bool>());
        }

        Assert.True(problem.KGradient.Tensor[0].isfinite().all().item<bool>());
        Assert.True(problem.KGradient.Tensor[1].EqualTo(0).all().item<bool>());
        Assert.True(problem.LogSumExp[1].isneginf().all().item<bool>());
    }

    [Theory]
    [InlineData(0, 2, 5, 6)]
    [InlineData(2, 0, 5, 6)]
    [InlineData(2, 2, 0, 6)]
    [InlineData(2, 2, 5, 0)]
    public void Empty_shapes_are_no_error(int batch, int heads, int queries, int keys)
    {
        using var scope = NewDisposeScope();
        var problem = new Problem(new(batch, heads, queries, keys, 8, Causal: false), masked: false);
        problem.Run();
        if (keys == 0) Assert.True(problem.Output.Tensor.isnan().all().item<bool>());
        if (queries == 0) Assert.True(problem.KGradient.Tensor.EqualTo(0).all().item<bool>());
        problem.AssertNothingElseWritten();
    }

    [Fact]
    public void Registers_of_both_widths_agree()
        => Shapes.Sample(shape =>
        {
            using var scope = NewDisposeScope();
            var problem = new Problem(shape, masked: true);
            problem.Run<Simd256, Vector256<float>>();
            var narrow = problem.Written.Select(view => view.Tensor.clone()).ToArray();
            problem.Run<Simd512, Vector512<float>>();
            foreach (var (expected, view) in narrow.Zip(problem.Written)) AssertNear(expected.transpose(1, 2), view);
        }, iter: 50);

    [Fact]
    public void Results_in_bfloat16_are_those_in_float32_rounded()
        => Gen.Select(Shapes, Gen.Bool, Gen.Int[0, 3], Gen.ULong[0, 1000]).Sample((shape, masked, run, seed) =>
        {
            using var scope = NewDisposeScope();
            var narrow = new Problem(shape, masked, ScalarType.BFloat16, seed);
            var wide = new Problem(shape, masked, ScalarType.Float32);
            foreach (var (x, y) in wide.Operands.Zip(narrow.Operands)) x.Tensor.copy_(y.Tensor);

            Run(narrow, backward: false);
            Run(wide, backward: false);
            AssertRounded(wide.Output, narrow.Output);
            Assert.Equal(0, TensorMemory.DifferingElements(wide.LogSumExp, narrow.LogSumExp));

            wide.Output.Tensor.copy_(narrow.Output.Tensor); // the backward pass reads it as it is stored
            Run(narrow, backward: true);
            Run(wide, backward: true);
            foreach (var (x, y) in wide.Written.Zip(narrow.Written)) AssertRounded(x, y);
            narrow.AssertNothingElseWritten();

            void Run(Problem problem, bool backward)
            {
                if (run == 0) problem.Pass<Simd256, Vector256<float>>(backward);
                else if (run == 1) problem.Pass<Simd512, Vector512<float>>(backward);
                else problem.Pass(backward, threads: run - 1);
            }
        }, iter: 200);

    [Fact]
    public void Views_of_two_types_are_an_error()
    {
        using var scope = NewDisposeScope();
        var shape = new AttentionShape(1, 1, 2, 3, 4, Causal: false);
        var (narrow, wide) = (new Problem(shape, masked: false, ScalarType.BFloat16), new Problem(shape, masked: false));
        var sums = TensorMemory.Pointer<float>(wide.LogSumExp);
        Assert.Throws<ArgumentException>(
            () => AttentionKernel.Forward(shape, wide.Q.Rows, wide.K.Rows, wide.V.Rows, narrow.Output.Rows, sums));
        Assert.Throws<ArgumentException>(
            () => AttentionKernel.Backward(shape, narrow.Q.Rows, narrow.K.Rows, narrow.V.Rows, narrow.Output.Rows, sums,
            narrow.OutputGradient.Rows, narrow.QGradient.Rows, narrow.KGradient.Rows, wide.VGradient.Rows));
    }

    private static void AssertRounded(View wide, View narrow)
    {
        var rounded = wide.Tensor.to(ScalarType.BFloat16).to(ScalarType.Float32).contiguous();
        Assert.Equal(0, TensorMemory.DifferingElements(rounded, narrow.Tensor.to(ScalarType.Float32).contiguous()));
    }

    // (B, H, N, Dh)
    private static Tensor Exact(View view) => view.Tensor.transpose(1, 2).to(ScalarType.Float64).detach().requires_grad_(true);

    private static void AssertNear(Tensor exact, View view) => AssertNear(exact, view.Tensor.transpose(1, 2));

    // Scores of normal operands stay below 8 or so and are sums of up to 80 products, whose roundings add up to about 10⁻⁶; the weights are
    // wrong by that factor, and results are sums of weights times operands. Gradients by keys add up to 300 such errors of either sign.
    private static void AssertNear(Tensor exact, Tensor actual)
    {
        var bound = 3e-5 * Math.Max(1, exact.abs().max().to(ScalarType.Float64).item<double>());
        Assert.InRange((exact - actual).abs().max().to(ScalarType.Float64).item<double>(), 0, bound);
    }

    /// <summary>
    /// A part of a buffer (B, N, parts, H, Dh), whose tokens lie a few elements apart, from an address that is no multiple of two elements.
    /// </summary>
    private sealed class View(Tensor buffer, int part, long[] shape, long tokenStride)
    {
        public const int Gap = 5, Start = 1;
        private readonly long offset = Start + part * shape[2] * shape[3];

        public Tensor Tensor => buffer.as_strided(shape, [tokenStride * shape[1], tokenStride, shape[3], 1], offset);

        public HeadRows Rows
            => new((nint)(TensorMemory.Address(buffer) + offset * buffer.element_size()), buffer.dtype == ScalarType.BFloat16,
            tokenStride * shape[1], tokenStride, shape[3]);

        public static (Tensor Buffer, View[] Views) Create(int parts, long batch, long tokens, long heads, long size, ScalarType type)
        {
            var stride = parts * heads * size + Gap;
            var buffer = TestMath.Full([Start + batch * tokens * stride], Untouched, type);
            return (buffer, [.. Enumerable.Range(0, parts).Select(part => new View(buffer, part, [batch, tokens, heads, size], stride))]);
        }
    }

    private sealed class Problem
    {
        private readonly AttentionShape shape;
        private readonly ScalarType type;
        private readonly Tensor[] buffers;

        public Problem(AttentionShape shape, bool masked, ScalarType type = ScalarType.Float32, ulong seed = 100)
        {
            (this.shape, this.type) = (shape, type);
            var (own, others, output, gradient, ownGradient, otherGradients) =
                (Create(1, shape.Queries), Create(2, shape.Keys), Create(1, shape.Queries),
                Create(1, shape.Queries), Create(1, shape.Queries), Create(2, shape.Keys));
            (Q, K, V, Output, OutputGradient) = (own.Views[0], others.Views[0], others.Views[1], output.Views[0], gradient.Views[0]);
            (QGradient, KGradient, VGradient) = (ownGradient.Views[0], otherGradients.Views[0], otherGradients.Views[1]);
            buffers = [output.Buffer, ownGradient.Buffer, otherGradients.Buffer];
            LogSumExp = TestMath.Full([shape.Batch, shape.Heads, shape.Queries], Untouched);
            foreach (var view in Operands)
            {
                using var normal = Stacks.Normal(seed++, view.Tensor.shape);
                view.Tensor.copy_(normal);
            }

            if (!masked) return;
            Mask = Stacks.Normal(1, shape.Batch, shape.Keys).Above(0);
            Mask.narrow(1, 0, 1).Fill(true);
        }

        public View Q { get; }

        public View K { get; }

        public View V { get; }

        public View Output { get; }

        public View OutputGradient { get; }

        public View QGradient { get; }

        public View KGradient { get; }

        public View VGradient { get; }

        public Tensor LogSumExp { get; }

        public Tensor? Mask { get; }

        public View[] Operands => [Q, K, V, OutputGradient];

        public View[] Written => [Output, QGradient, KGradient, VGradient];

        private byte* MaskBytes => Mask is null ? null : TensorMemory.Pointer<byte>(Mask);

        public void Run(int? threads = null)
        {
            Pass(backward: false, threads);
            Pass(backward: true, threads);
        }

        public void Run<S, V1>() where S : struct, ISimd<V1> where V1 : struct
        {
            Pass<S, V1>(backward: false);
            Pass<S, V1>(backward: true);
        }

        public void Pass(bool backward, int? threads = null)
        {
            var sums = TensorMemory.Pointer<float>(LogSumExp);
            if (!backward) AttentionKernel.Forward(this.shape, Q.Rows, K.Rows, V.Rows, Output.Rows, sums, MaskBytes, threads);
            else AttentionKernel.Backward(this.shape, Q.Rows, K.Rows, V.Rows, Output.Rows, sums, OutputGradient.Rows,
                QGradient.Rows, KGradient.Rows, VGradient.Rows, MaskBytes, threads);
        }

        public void Pass<S, V1>(bool backward) where S : struct, ISimd<V1> where V1 : struct
        {
            if (type == ScalarType.BFloat16) Pass<S, V1, BFloat16Element>(backward);
            else Pass<S, V1, Float32Element>(backward);
        }

        private void Pass<S, V1, E>(bool backward) where S : struct, ISimd<V1> where V1 : struct where E : struct, ISimdElement
        {
            var sums = TensorMemory.Pointer<float>(LogSumExp);
            using var forward = new AttentionForward<S, V1, E>(this.shape);
            using var back = new AttentionBackward<S, V1, E>(this.shape);
            for (var head = 0; head < this.shape.Batch * this.shape.Heads; head++)
            {
                if (!backward) forward.Run(head, Q.Rows, K.Rows, V.Rows, Output.Rows, sums, MaskBytes);
                else back.Run(head, Q.Rows, K.Rows, V.Rows, Output.Rows, sums, OutputGradient.Rows, QGradient.Rows,
                    KGradient.Rows, VGradient.Rows, MaskBytes);
            }
        }

        // (B, 1, N, M)
        public Tensor Visible()
        {
            var visible = ones([this.shape.Queries, this.shape.Keys], ScalarType.Bool);
            if (this.shape.Causal) visible = visible.tril();
            return Mask is null ? visible : Mask.unsqueeze(1).unsqueeze(1).logical_and(visible);
        }

        public void AssertNothingElseWritten()
        {
            foreach (var view in Written) view.Tensor.Fill(Untouched);
            Assert.All(buffers, buffer => Assert.True(buffer.EqualTo(Untouched).all().item<bool>()));
        }

        private (Tensor Buffer, View[] Views) Create(int parts, int tokens)
            => View.Create(parts, this.shape.Batch, tokens, this.shape.Heads, this.shape.Size, type);
    }
}
