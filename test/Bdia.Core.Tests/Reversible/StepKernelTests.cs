using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>The fused kernel against its plain reference: every bit of every result, for odd, tiny, empty and large shapes.</summary>
public class StepKernelTests
{
    private static readonly Gen<long[]> Shapes = Gen.Select(Gen.Int[1, 5], Gen.Int[1, 9], Gen.Int[1, 70])
        .Select((b, n, d) => new long[] { b, n, d });

    // Powers of two as often as others, which their own arithmetic would suit, and 1, which keeps no pads.
    private static readonly Gen<int> Denominators = Gen.OneOf(Gen.Int[0, 8].Select(m => 1 << m), Gen.Int[1, 256]);

    public static TheoryData<long[]> EdgeShapes
        => [new long[] { 1, 1, 1 }, new long[] { 0, 3, 4 }, new long[] { 2, 0, 4 }, new long[] { 3, 7, 129 }, new long[] { 2, 65, 512 }];

    [Fact]
    public void Fused_and_plain_kernel_agree_in_every_bit()
        => Gen.Select(Shapes, Denominators, Gen.Int[2, 12], Gen.UInt).Sample((shape, q, l, seed) => Compare(shape, q, l, seed), iter: 200);

    [Theory]
    [MemberData(nameof(EdgeShapes))]
    public void Fused_and_plain_kernel_agree_on_edge_shapes(long[] shape)
    {
        foreach (var q in new[] { 1, 2, 5, 32, 256 }) Compare(shape, q, 9, 5);
    }

    [Fact]
    public void Kernels_may_write_over_their_inputs()
    {
        using var scope = NewDisposeScope();
        var grid = new FixedPointGrid(9);
        foreach (IStepKernel kernel in new IStepKernel[] { SimdStepKernel.Instance, TensorStepKernel.Instance })
        {
            var states = States([2, 3, 37], 3, grid);
            float[] gamma = [0.375f, -0.375f];
            var pads = PackedPads.Allocate(1, 2, 111, 8, CPU)[0];
            var apart = empty_like(states[0]);
            kernel.Next(apart, states[0], states[1], states[2], gamma, pads, grid);
            var inPlace = states[0].clone();
            kernel.Next(inPlace, inPlace, states[1], states[2], gamma, pads, grid);
            Assert.Equal(0, TensorMemory.DifferingElements(apart, inPlace));
            kernel.Previous(inPlace, inPlace, states[1], states[2], gamma, pads, grid);
            Assert.Equal(0, TensorMemory.DifferingElements(states[0], inPlace));
        }
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Kernels_report_what_is_not_finite_wherever_it_stands(float value)
    {
        using var scope = NewDisposeScope();
        var grid = new FixedPointGrid(9);
        foreach (IStepKernel kernel in new IStepKernel[] { SimdStepKernel.Instance, TensorStepKernel.Instance })
            for (var at = 0; at < 21; at++)
            {
                var states = States([1, 3, 7], 4, grid);
                states[2].view(-1)[at] = tensor(value);
                var magnitude = kernel.Next(empty_like(states[0]), states[0], states[1], states[2], [0.5f],
                    PackedPads.Allocate(1, 1, 21, 2, CPU)[0], grid);
                Assert.False(float.IsFinite(magnitude));
                Assert.False(float.IsFinite(kernel.Euler(empty_like(states[0]), states[0], states[2], grid)));
                Assert.False(float.IsFinite(kernel.Quantize(empty_like(states[0]), states[2], grid)));
            }
    }

    [Fact]
    public void Packed_pads_take_the_bits_of_q_an_element_and_read_back_as_written()
        => Gen.Select(Shapes, Denominators, Gen.UInt).Sample((shape, q, seed) =>
        {
            using var scope = NewDisposeScope();
            long perSample = shape[1] * shape[2];
            using var packed = PackedPads.Allocate(1, shape[0], perSample, q, CPU)[0];
            var pads = Stacks.Normal(seed, shape[0], perSample).abs().Times(q).floor().Clamp(0, q - 1);
            packed.Write(pads);
            Assert.Equal(shape[0] * ((perSample + 7) / 8) * (int)Math.Ceiling(Math.Log2(q)), packed.SizeInBytes);
            Assert.Equal(0, TensorMemory.DifferingElements(pads, packed.Read()));
        }, iter: 60);

    private static Tensor[] States(long[] shape, uint seed, FixedPointGrid grid)
        => Enumerable.Range(0, 3).Select(i =>
        {
            var t = Stacks.Normal(seed + (ulong)i * 7919, shape).Times(3);
            return i < 2 ? BdiaStep.Quantize<TensorElements>(new(t), grid).Value : t; // x_{k-1} and x_k on the grid, h anywhere
        }).ToArray();

    private static void Compare(long[] shape, int q, int l, uint seed)
    {
        using var scope = NewDisposeScope();
        var grid = new FixedPointGrid(l);
        var states = States(shape, seed, grid);
        var gamma = Enumerable.Range(0, (int)shape[0]).Select(i => seed + (uint)i * 31)
            .Select(random => (random % 2 == 0 ? 1 : -1) * (1 + random / 2 % q) / (float)q).ToArray();
        var outcomes = new IStepKernel[] { SimdStepKernel.Instance, TensorStepKernel.Instance }.Select(kernel =>
        {
            var pads = PackedPads.Allocate(1, shape[0], shape[1] * shape[2], q, CPU)[0];
            Tensor next = zeros(shape), back = zeros(shape), euler = zeros(shape), quantized = zeros(shape);
            var magnitudes = new[]
            {
                kernel.Next(next, states[0], states[1], states[2], gamma, pads, grid),
                kernel.Euler(euler, states[0], states[2], grid),
                kernel.Quantize(quantized, states[2], grid),
            };
            kernel.Previous(back, next, states[1], states[2], gamma, pads, grid);
            Assert.Equal(0, TensorMemory.DifferingElements(states[0], back));
            return (Tensors: new[] { next, euler, quantized }, magnitudes, Pads: pads.Bytes.reshape(-1).data<byte>().ToArray());
        }).ToArray();
        Assert.Equal(outcomes[1].magnitudes, outcomes[0].magnitudes);
        Assert.Equal(outcomes[1].Pads, outcomes[0].Pads);
        foreach (var (fused, plain) in outcomes[0].Tensors.Zip(outcomes[1].Tensors)) Assert.Equal(0,
            TensorMemory.DifferingElements(plain, fused));
    }
}
