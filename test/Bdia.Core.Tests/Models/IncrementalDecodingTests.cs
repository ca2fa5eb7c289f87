using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using TorchSharp;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

public class IncrementalDecodingTests
{
    // Other shapes make libtorch sum in another order: float32 roundings through five blocks with weights of order 1.
    private const float Rounding = 1e-4f;

    private static EncoderDecoder Network(EncoderDecoderOptions options)
    {
        var model = Spread(new EncoderDecoder(options, 1));
        model.eval();
        return model;
    }

    [Theory]
    [InlineData(PositionEncoding.Sinusoidal, 0)]
    [InlineData(PositionEncoding.Learned, 0)]
    [InlineData(PositionEncoding.Sinusoidal, 0.25)]
    public void One_by_one_gives_what_all_at_once_gives(PositionEncoding positions, double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = Network(Small with { Positions = positions, MaxLength = 40,
            Stack = WithoutGrid with { InferenceGamma = gamma } });
        var target = Ids(13, 2, 40, 40, 40); // beyond two doublings of what is kept
        var expected = model.Project(model.Decode(target, model.Encode(Source), Source));

        using var state = model.Begin(Source);
        Assert.Equal((3, 0), (state.Rows, state.Length));
        for (var t = 0; t < 40; t++)
        {
            Assert.InRange((model.Next(target.select(1, t), state) - expected.select(1, t)).abs().max().item<float>(), 0, Rounding);
            Assert.Equal(t + 1, state.Length);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.25)]
    public void States_are_on_the_grid_as_in_evaluation_mode(double gamma)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        // A grid so coarse that leaving it out would show at once.
        var options = Small with { Stack = new() { FractionBits = 2, InferenceGamma = gamma } };
        using var model = Network(options);
        using var finer = Network(options with { Stack = new() { FractionBits = 12, InferenceGamma = gamma } });
        var target = Ids(13, 2, 20, 20, 20);
        Tensor AtOnce(EncoderDecoder network) => network.Project(network.Decode(target, network.Encode(Source), Source));
        using var state = model.Begin(Source);
        var actual = stack(Enumerable.Range(0, 20).Select(t => model.Next(target.select(1, t), state)), 1);

        Assert.True((AtOnce(model) - AtOnce(finer)).abs().mean().item<float>() > 0.05);
        // A rounding moves a value over the border between two grid points once in ten thousand: most logits agree to rounding.
        Assert.InRange((actual - AtOnce(model)).abs().median().item<float>(), 0, Rounding);
    }

    [Fact]
    public void A_network_trained_in_bfloat16_decodes_in_float32()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var tie in new[] { true, false })
        {
            using var exact = Network(Small with { TieOutput = tie });
            using var rounded = Network(Small with { TieOutput = tie, Precision = ComputePrecision.BFloat16 });
            using var expected = exact.Begin(Source);
            using var actual = rounded.Begin(Source);
            for (var t = 0; t < 6; t++)
                Assert.True(exact.Next(Target.select(1, t), expected).Equals(rounded.Next(Target.select(1, t), actual)));
            Assert.False(exact.Encode(Source).Equals(rounded.Encode(Source)));
        }
    }

    [Fact]
    public void Selected_rows_go_on_as_if_they_had_been_there_from_the_start()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = Network(Small with { Stack = WithoutGrid });
        var random = new Random(5);
        var origins = new List<int> { 0, 1, 2 };
        var prefixes = origins.Select(_ => new List<long>()).ToList();
        using var state = model.Begin(Source);
        // Swapped, repeated, dropped, the same again, and one alone, with 16 tokens in between so that memory grows.
        var selections = new Dictionary<int,
            int[]> { [0] = [0, 0, 1, 1, 2, 2], [3] = [1, 0, 3, 3, 5, 4], [7] = [0, 1, 2, 3, 4, 5], [9] = [5, 0, 2],
            [12] = [2, 2, 2, 1, 0, 1, 0], [20] = [4], [22] = [0, 0] };
        for (var t = 0; t < 25; t++)
        {
            if (selections.TryGetValue(t, out var rows))
            {
                state.Select(tensor(Array.ConvertAll(rows, row => (long)row)));
                origins = [.. rows.Select(row => origins[row])];
                prefixes = [.. rows.Select(row => prefixes[row].ToList())];
            }

            Assert.Equal((prefixes.Count, t), (state.Rows, state.Length));
            foreach (var prefix in prefixes) prefix.Add(random.Next(1, 13));
            var actual = model.Next(tensor(prefixes.Select(prefix => prefix[^1]).ToArray()), state);

            var sources = Source.index_select(0, tensor(origins.Select(row => (long)row).ToArray()));
            var expected = model.Project(model.Decode(tensor(prefixes.SelectMany(prefix => prefix).ToArray(), [prefixes.Count, t + 1]),
                model.Encode(sources), sources).select(1, t));
            Assert.InRange((actual - expected).abs().max().item<float>(), 0, Rounding);
        }
    }

    [Fact]
    public void A_step_that_fails_can_be_taken_again()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Small with { Positions = PositionEncoding.Learned, MaxLength = 7 });
        var target = Ids(13, 2, 8, 8, 8);
        using var undisturbed = model.Begin(Source);
        using var state = model.Begin(Source);
        for (var t = 0; t < 7; t++)
        {
            Refused("Id 13 is not in the vocabulary", () => model.Next(tensor(new long[] { 4, 13, 5 }), state));
            Refused("Ids have shape (2); give one for each of the state's 3 rows.", () => model.Next(tensor(new long[] { 4, 5 }), state));
            Refused("There is no row 3; the state has rows 0 to 2.", () => state.Select(tensor(new long[] { 0, 3 })));
            Refused("There is no row -1;", () => state.Select(tensor(new long[] { -1 })));
            Refused("Rows are Int64 of shape (0); give Int64 of one dimension, at least one row.",
                () => state.Select(zeros(0, ScalarType.Int64)));
            Assert.True(model.Next(target.select(1, t), undisturbed).Equals(model.Next(target.select(1, t), state)));
        }

        Refused("A text has 8 tokens; places were learned for 7.", () => model.Next(target.select(1, 7), state));
        Assert.Equal(7, state.Length);

        static void Refused(string message, Action act)
            => Assert.StartsWith(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_of_another_network_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Small);
        using var other = Network(Small);
        using var state = other.Begin(Source);
        Assert.Contains("begun by another network", Assert.Throws<ArgumentException>(() => model.Next(Target.select(1, 0), state)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Training_mode_is_refused()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Small);
        using var state = model.Begin(Source);
        model.train();
        Assert.Contains("training mode", Assert.Throws<InvalidOperationException>(() => model.Begin(Source)).Message,
            StringComparison.Ordinal);
        Assert.Contains("training mode", Assert.Throws<InvalidOperationException>(() => model.Next(Target.select(1, 0), state)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_state_beyond_the_exact_range_is_an_error_that_names_the_block()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Small);
        using (no_grad()) model.get_parameter("decoder.1.mlp.fc2.bias")!.Fill(1e9);
        using var state = model.Begin(Source);
        Assert.Equal(1, Assert.Throws<ReversibilityException>(() => model.Next(Target.select(1, 0), state)).Block);
        Assert.Equal(0, state.Length);
    }

    [Fact]
    public void Sixteen_threads_decode_on_one_network_with_the_same_bits()
    {
        using var model = Network(Small);
        float[] Decode()
        {
            using var scope = NewDisposeScope();
            using var state = model.Begin(Source);
            var ids = tensor(new long[] { SpecialTokens.Start, SpecialTokens.Start, SpecialTokens.Start });
            var logits = new List<float>();
            for (var t = 0; t < 20; t++)
            {
                var next = model.Next(ids, state);
                logits.AddRange(next.reshape(-1).data<float>());
                ids = next.argmax(1);
                if (t % 5 == 0) state.Select(tensor(new long[] { 2, 0, 1 }));
            }

            return [.. logits];
        }

        var expected = Decode();
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 16 }, _ => Assert.Equal(expected, Decode()));
    }

    [Fact]
    public void No_gradient_is_recorded()
    {
        using var scope = NewDisposeScope();
        using var model = Network(Small);
        using var state = model.Begin(Source);
        Assert.False(model.Next(Target.select(1, 0), state).requires_grad);
        Assert.True(is_grad_enabled());
    }
}
