using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Decoding;

/// <summary>
/// The decoder with a real network of random weights. Counts live tensors of the whole process, so nothing else may run meanwhile.
/// </summary>
[Collection("Alone")]
public class DecoderTests
{
    private const int Vocabulary = 40;

    // Batches and the cache change float roundings, and one of them in some thousands moves a state by a step of the network's grid,
    // 2^-16 here: that moves a logit of so small a network by some 1e-5, and a sum over 20 tokens by less than this.
    private const double Tolerance = 1e-3;

    private static readonly EncoderDecoderOptions Small = new()
    {
        SourceVocabulary = Vocabulary, TargetVocabulary = Vocabulary, Width = 32, EncoderDepth = 2, DecoderDepth = 2,
            Heads = 4, FeedForwardWidth = 48, Stack = new() { FractionBits = 16 },
    };

    private static readonly DecodingOptions Short = new() { MaxLengthConstant = 8 };

    public static TheoryData<DecodingOptions> Ways =>
    [
        Short with { BeamSize = 1 },
        Short with { BeamSize = 4, BestCount = 3 },
        Short with { Sample = true, BestCount = 3, Seed = 5 },
        Short with { Sample = true, BestCount = 2, TopK = 5, TopP = 0.9, Temperature = 1.3 },
        Short with { BeamSize = 1, NoRepeatNgram = 1 },
        Short with { BeamSize = 3, BestCount = 2, NoRepeatNgram = 2, RepetitionPenalty = 1.3, MinLength = 5 },
        Short with { Sample = true, BestCount = 2, NoRepeatNgram = 2, RepetitionPenalty = 1.3, MinLength = 5, TopP = 0.9 },
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_cache_changes_nothing(DecodingOptions options)
    {
        using var model = Model();
        AssertSame(Decode(model, Sources(12), options), Decode(model, Sources(12), options with { UseCache = false }));
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Inputs_together_get_what_each_gets_alone(DecodingOptions options)
    {
        using var model = Model();
        var sources = Sources(12);
        AssertSame(Decode(model, sources, options), sources.Select(source => Decode(model, [source], options)[0]).ToArray());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Behind_a_prompt_of_what_it_wrote_it_goes_on_as_before(bool useCache)
    {
        using var model = Model();
        var (sources, options) = (Sources(8), Short with { BeamSize = 1, UseCache = useCache });
        var whole = Decode(model, sources, options);
        var inputs = sources.Select((source, i) => new DecodingInput(source, [.. whole[i][0].Ids.Take(i % 4)])).ToArray();
        var rest = Decoder.Decode(model, inputs, options, TestContext.Current.CancellationToken);
        for (var i = 0; i < sources.Length; i++)
        {
            // An output has the same greatest length wherever it begins, so that one that was cut off gets further.
            var expected = whole[i][0].Ids.Skip(inputs[i].Prompt.Count).ToArray();
            Assert.Equal(expected, rest[i][0].Ids.Take(expected.Length));
            if (whole[i][0].Finished) Assert.Equal((expected.Length, true), (rest[i][0].Ids.Count, rest[i][0].Finished));
        }
    }

    [Fact]
    public void Scores_are_those_of_reading_the_output_again()
    {
        using var model = Model();
        var sources = Sources(6);
        var found = Decode(model, sources, Short with { BestCount = 4 });
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        for (var i = 0; i < sources.Length; i++)
        {
            var source = tensor(sources[i].Select(id => (long)id).ToArray()).unsqueeze(0);
            var memory = model.Encode(source);
            foreach (var h in found[i])
            {
                long[] written = [.. h.Ids.Select(id => (long)id), .. h.Finished ? new[] { (long)SpecialTokens.End } : []];
                var states = model.Decode(tensor(written.Prepend(SpecialTokens.Start).SkipLast(1).ToArray()).unsqueeze(0), memory, source);
                var logProbability = model.Project(states)[0].log_softmax(1).gather(1, tensor(written).unsqueeze(1)).sum().item<float>();
                Assert.InRange(h.LogProbability, logProbability - Tolerance, logProbability + Tolerance);
            }
        }
    }

    [Fact]
    public void Results_come_in_the_order_of_the_inputs_however_many_there_are()
    {
        using var model = Model();
        var sources = Sources(700); // more rows than a batch takes
        var options = Short with { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 2 };
        var found = Decode(model, sources, options);
        for (var i = 0; i < sources.Length; i += 97) AssertSame([found[i]], Decode(model, [sources[i]], options));
    }

    [Fact]
    public void Threads_that_share_a_network_do_not_disturb_each_other()
    {
        using var model = Model();
        var sources = Enumerable.Range(0, 8).Select(i => Sources(5, i)).ToArray();
        var expected = sources.Select(s => Decode(model, s, Short)).ToArray();
        Parallel.For(0, 32, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
        {
            foreach (var (e, a) in expected[i % 8].Zip(Decode(model, sources[i % 8], Short))) Outputs.AssertSame(e, a);
        });
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Decoding_leaves_no_tensor_behind(DecodingOptions options)
    {
        using var model = Model();
        LiveTensors.AssertKept(5, () =>
        {
            Decode(model, Sources(6), options);
            Decode(model, Sources(6), options with { UseCache = false });
            using var cancellation = new CancellationTokenSource();
            cancellation.Cancel();
            Assert.Throws<OperationCanceledException>(() => Decoder.Decode(model, Sources(6), options, cancellation.Token));
        });
    }

    [Fact]
    public void A_failing_network_leaves_no_tensor_behind()
    {
        using var model = Model();
        using (no_grad()) model.named_parameters()
            .Single(p => p.name.StartsWith("target_embed", StringComparison.Ordinal)).parameter.Fill(float.NaN);
        void Run(bool cached) => Assert.ThrowsAny<Exception>(() => Decode(model, Sources(6), Short with { UseCache = cached }));
        LiveTensors.AssertKept(1, () =>
        {
            Run(true);
            Run(false);
        });
    }

    [Fact]
    public void No_inputs_give_no_outputs()
    {
        using var model = Model();
        Assert.Empty(Decode(model, [], Short));
    }

    [Fact]
    public void Inputs_that_the_network_cannot_read_are_errors_that_name_them()
    {
        using var model = Model();
        void Fails(int[] source, string message)
            => Assert.Contains(message, Assert.Throws<ArgumentException>(() => Decode(model, [[3, 2], source], Short)).Message,
                StringComparison.Ordinal);
        Fails([], "Input 1 is empty");
        Fails(null!, "Input 1 is null");
        Fails([3, 0, 2], "Input 1 has the id 0 at position 1");
        Fails([Vocabulary, 2], $"Input 1 has the id {Vocabulary} at position 0; give ids from 1 to {Vocabulary - 1}");
        Fails([3, -1], "Input 1 has the id -1 at position 1");
    }

    [Fact]
    public void Learned_positions_bound_input_and_output()
    {
        using var model = Model(Small with { Positions = PositionEncoding.Learned, MaxLength = 6 });
        var options = Short with { BeamSize = 100, BestCount = 100, MaxLengthConstant = 100 };
        var found = Decode(model, [[3, 4, 5, 6, 7, 2]], options)[0];
        Assert.Equal(6, found.Max(h => h.Ids.Count));
        Assert.Equal(6, Decode(model, [[3, 4, 5, 6, 7, 2]], options with { UseCache = false })[0].Max(h => h.Ids.Count));
        var fault = Assert.Throws<ArgumentException>(() => Decode(model, [[3, 4, 5, 6, 7, 8, 2]], options));
        Assert.Contains("Input 0 has 7 tokens, and the network's learned positions reach 6", fault.Message, StringComparison.Ordinal);
        Assert.Equal(2, Decoder.Decode(model, [new DecodingInput([3, 2], [3, 4, 5, 6])], options, TestContext.Current.CancellationToken)[0]
            .Max(h => h.Ids.Count));
        fault = Assert.Throws<ArgumentException>(
            () => Decoder.Decode(model, [new DecodingInput([3, 2], [3, 4, 5, 6, 7, 8])], options, TestContext.Current.CancellationToken));
        Assert.Contains("The prompt of input 0 has 6 tokens, and the network's texts have at most 6", fault.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_in_training_mode_is_refused()
    {
        using var model = Model();
        model.train();
        Assert.Contains("eval()", Assert.Throws<InvalidOperationException>(() => Decode(model, Sources(1), Short)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Options_that_are_out_of_range_are_refused()
    {
        using var model = Model();
        Assert.Contains("BeamSize is 0",
            Assert.Throws<ArgumentException>(() => Decode(model, Sources(1), Short with { BeamSize = 0 })).Message,
            StringComparison.Ordinal);
    }

    private static EncoderDecoder Model(EncoderDecoderOptions? options = null)
    {
        var model = new EncoderDecoder(options ?? Small, seed: 3);
        model.eval();
        return model;
    }

    private static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(EncoderDecoder model, int[][] sources, DecodingOptions options)
        => Decoder.Decode(model, sources, options, TestContext.Current.CancellationToken);

    private static int[][] Sources(int count, int seed = 0)
    {
        var random = RandomSequence.At((ulong)seed);
        return Enumerable.Range(0, count).Select(_ =>
            Enumerable.Range(0, 1 + random.Next(9)).Select(_ => SpecialTokens.Count + random.Next(Vocabulary - SpecialTokens.Count))
                .Append(SpecialTokens.End).ToArray()).ToArray();
    }

    private static void AssertSame(IReadOnlyList<IReadOnlyList<Hypothesis>> expected, IReadOnlyList<IReadOnlyList<Hypothesis>> actual)
    {
        Assert.Equal(expected.Count, actual.Count);
        foreach (var (e, a) in expected.Zip(actual)) Outputs.AssertSame(e, a, Tolerance);
    }
}
