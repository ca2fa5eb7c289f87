using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Numerics;

/// <summary>Dropout masks: the SIMD pass against the scalar definition, and the statistics that dropout needs.</summary>
public class DropoutMaskTests
{
    [Fact]
    public void Every_element_is_the_scalar_definition()
        => Gen.Select(Gen.Int[0, 70], Gen.Int[1, 9], Gen.Double[0.01, 0.99], Gen.ULong).Sample((rows, columns, probability, key) =>
        {
            using var scope = NewDisposeScope();
            var created = DropoutMask.Create([rows, columns], probability, key);
            Assert.Equal([rows, columns], created.shape);
            var mask = rows == 0 ? [] : created.data<float>().ToArray(); // TorchSharp cannot read an empty tensor
            Assert.Equal(Enumerable.Range(0, rows * columns).Select(i => DropoutMask.Element(i, probability, key)), mask);

            var x = linspace(-3, 3, rows * columns);
            var expected = x.mul(created.view(-1));
            DropoutMask.Apply(x, probability, key);
            Assert.Equal(0, TensorMemory.DifferingElements(expected, x));
        }, iter: 200);

    [Fact]
    public void A_mask_from_any_element_on_is_that_part_of_the_whole_by_every_way_to_make_it()
        => Gen.Select(Gen.Int[0, 40], Gen.OneOf(Gen.Long[0, 1000], Gen.Long[uint.MaxValue - 40L, uint.MaxValue + 40L]),
            Gen.Double[0.01, 0.99], Gen.ULong).Sample((count, first, probability, key) =>
        {
            using var scope = NewDisposeScope();
            var expected = Enumerable.Range(0, count).Select(i => DropoutMask.Element(first + i, probability, key)).ToArray();
            var applied = ones(count);
            DropoutMask.Apply(applied, probability, key, first);
            foreach (var mask in new[] { DropoutMask.Create([count], probability, key, first),
                DropoutMask.ByOperations([count], probability, key, first, CPU), applied })
            {
                Assert.Equal((ScalarType.Float32, count), (mask.dtype, mask.numel()));
                if (count > 0) Assert.Equal(expected, mask.data<float>().ToArray());
            }
        }, iter: 300);

    [Fact]
    public void Large_masks_do_not_depend_on_threads()
    {
        using var scope = NewDisposeScope();
        const int count = 300_007; // several shares, and a remainder
        var mask = DropoutMask.Create([count], 0.3, 5).data<float>().ToArray();
        for (var i = 0; i < count; i++) Assert.Equal(DropoutMask.Element(i, 0.3, 5), mask[i]);
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.5)]
    [InlineData(0.9)]
    public void Elements_are_dropped_as_often_as_asked_and_independently(double probability)
    {
        const int count = 1 << 18;
        var deviation = Math.Sqrt(count * probability * (1 - probability));
        foreach (var key in new ulong[] { 0, 1, 2, ulong.MaxValue })
        {
            var dropped = Draw(key);
            Near(probability * count, dropped.Count(d => d));
            foreach (var lag in new[] { 1, 2, 8, 128, 4096 }) // the neighbour, the next lanes, the next rows
                Near(probability * probability * (count - lag),
                    Enumerable.Range(lag, count - lag).Count(i => dropped[i] && dropped[i - lag]));
            Near(probability * probability * count, dropped.Zip(Draw(key + 1)).Count(pair => pair.First && pair.Second));
        }

        bool[] Draw(ulong key)
        {
            using var scope = NewDisposeScope();
            return [.. DropoutMask.Create([count], probability, key).data<float>().ToArray().Select(v => v == 0)];
        }

        // Five deviations of the binomial: by chance once in 1.7 million; the keys are fixed.
        void Near(double expected, int seen) => Assert.InRange(seen, expected - 5 * deviation, expected + 5 * deviation);
    }
}
