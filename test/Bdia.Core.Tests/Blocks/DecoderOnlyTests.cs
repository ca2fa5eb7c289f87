using Bdia.Core.Blocks;
using Bdia.Core.Decoding;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Decoding;
using Bdia.Core.Tests.Models;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>
/// The block is a decoder-only network's as it stands: trained, gone back through and decoded from a prompt, by the parts that the other
/// networks use.
/// </summary>
public class DecoderOnlyTests
{
    private const int Vocabulary = 23;

    // The way without a cache sums in another order; a rounding that moves a state over the border of two grid points moves a logit by less
    // than this.
    private const double Tolerance = 1e-3;

    private static readonly TransformerBlockOptions Block = new() { Width = 24, Heads = 3, FeedForwardWidth = 40, Causal = true };

    public static TheoryData<DecodingOptions> Ways =>
    [
        new DecodingOptions { BeamSize = 1, MaxLengthConstant = 24 },
        new DecodingOptions { BeamSize = 4, BestCount = 3, MaxLengthConstant = 24 },
        new DecodingOptions { Sample = true, BestCount = 2, TopK = 5, Seed = 3, MaxLengthConstant = 24 },
    ];

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void Training_ends_with_the_same_bits_in_all_modes(ComputePrecision precision)
    {
        var trained = Enum.GetValues<BackpropagationMode>().Select(mode => Trained(mode, precision)).ToArray();
        foreach (var other in trained[1..])
            foreach (var (name, values) in trained[0]) Assert.True(values.AsSpan().SequenceEqual(other[name]), name);
    }

    [Fact]
    public void Every_bit_of_every_state_is_rebuilt()
        => Gen.Select(Gen.Int[1, 3], Gen.Int[1, 9], Gen.Int[2, 5], Gen.Int[1, 6], Gen.ULong[0, 99])
            .Sample((batch, tokens, depth, m, seed) =>
        {
            using var scope = NewDisposeScope();
            using var network = Network(Block with { Dropout = 0.2 }, depth, new() { Gamma = GammaSchedule.Exponent(m) }, seed);
            var report = ReversibilityProbe.Run(network.Blocks, Stacks.Normal(seed, batch, tokens, Block.Width));
            Assert.Equal((0, (depth - 1L) * batch * tokens * Block.Width), (report.DifferingElements, report.Elements));
        }, iter: 25, threads: 1);

    [Fact]
    public void No_token_sees_one_behind_it()
    {
        using var scope = NewDisposeScope();
        using var network = Network(Block, 3, new() { Quantize = false, Mode = BackpropagationMode.StoreActivations });
        network.eval();
        using var noGradients = no_grad();
        var ids = SmallNetworks.Ids(Vocabulary, 1, 12, 12);
        var changed = ids.clone();
        changed.narrow(1, 7, 5).Fill(5);
        // Rows of a product are summed alike whatever stands in the others.
        Assert.True(network.forward(ids).narrow(1, 0, 7).Equals(network.forward(changed).narrow(1, 0, 7)));
        Assert.False(network.forward(ids).narrow(1, 7, 5).Equals(network.forward(changed).narrow(1, 7, 5)));
    }

    [Fact]
    public void A_mask_of_tokens_goes_with_causal_attention_and_agrees_with_libtorch()
        => Gen.Select(Gen.Int[1, 4], Gen.Int[1, 9], Gen.ULong[0, 1000]).Sample((batch, tokens, seed) =>
        {
            using var scope = NewDisposeScope();
            using var noGradients = no_grad();
            using var generator = new Generator(seed);
            using var block = Stacks.Spread(new TransformerBlock(Block, generator), 0.25);
            var mask = Stacks.Normal(seed + 1, batch, tokens).Above(0);
            mask.narrow(1, 0, 1).Fill(true); // a query that sees nothing has no value
            var (x, context) = (Stacks.Normal(seed, batch, tokens, Block.Width), new ResidualContext(null, [mask]));
            // Sums of some dozen float32 products in another order, through four layers.
            Assert.InRange((block.forward(x, context) - block.ByOperations(x, context)).abs().max().item<float>(), 0, 1e-4f);
        }, iter: 50, threads: 1);

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_cache_changes_no_token_behind_prompts_of_any_length(DecodingOptions options)
    {
        using var network = Network(Block, 3, new() { FractionBits = 16 });
        network.eval();
        DecodingInput[] inputs = [.. Prompts(9)];
        var (cached, uncached) = (Decode(network, inputs, options), Decode(network, inputs, options with { UseCache = false }));
        for (var i = 0; i < inputs.Length; i++) Outputs.AssertSame(uncached[i], cached[i], Tolerance);
    }

    [Theory]
    [MemberData(nameof(Ways))]
    public void Prompts_together_are_gone_on_with_as_each_is_alone(DecodingOptions options)
    {
        using var network = Network(Block, 3, new() { FractionBits = 16 });
        network.eval();
        DecodingInput[] inputs = [.. Prompts(9)];
        var together = Decode(network, inputs, options);
        for (var i = 0; i < inputs.Length; i++) Outputs.AssertSame(Decode(network, [inputs[i]], options)[0], together[i], Tolerance);
    }

    [Fact]
    public void Greedy_decoding_writes_the_most_probable_token_behind_all_that_was_written()
    {
        using var scope = NewDisposeScope();
        using var network = Network(Block, 3, new() { FractionBits = 16 });
        network.eval();
        using var noGradients = no_grad();
        int[] prompt = [7, 4, 19];
        var output = Decode(network, [new([], prompt)], new() { BeamSize = 1, MaxLengthConstant = 20 })[0][0];
        Assert.NotEmpty(output.Ids);
        List<long> written = [SpecialTokens.Start, .. prompt.Select(id => (long)id)];
        foreach (var id in output.Ids)
        {
            var logits = network.forward(tensor(written.ToArray()).unsqueeze(0))[0, -1];
            logits.narrow(0, 0, SpecialTokens.End).Fill(float.NegativeInfinity); // padding and start are never written
            Assert.Equal(logits.argmax().item<long>(), id);
            written.Add(id);
        }
    }

    [Fact]
    public void Prompts_that_cannot_be_read_are_errors_that_name_them()
    {
        using var network = Network(Block, 2, new());
        network.eval();
        void Fails(int[] prompt, string message)
            => Assert.Contains(message, Assert.Throws<ArgumentException>(
                () => Decode(network, [new([], [5]), new([], prompt)], new())).Message, StringComparison.Ordinal);
        Fails([4, Vocabulary], $"The prompt of input 1 has the id {Vocabulary} at position 1; give ids from 2 to {Vocabulary - 1}");
        Fails([SpecialTokens.Start], "The prompt of input 1 has the id 1 at position 0");
    }

    [Fact]
    public void Decoding_from_prompts_leaves_no_tensor_behind()
    {
        using var network = Network(Block, 2, new());
        network.eval();
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        foreach (var cached in new[] { true, false }) Decode(network, [.. Prompts(4)], new() { UseCache = cached, MaxLengthConstant = 5 });
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    // 0 to 4 tokens each, so that some go through the network at once and others one by one.
    private static IEnumerable<DecodingInput> Prompts(int count)
        => Enumerable.Range(0, count).Select(
            i => new DecodingInput([], [.. Enumerable.Range(0, (3 * i + 2) % 5)
            .Select(j => SpecialTokens.Count + (5 * i + 7 * j) % (Vocabulary - SpecialTokens.Count))]));

    private static DecoderOnlyNetwork Network(TransformerBlockOptions block, int depth, BdiaStackOptions stack, ulong seed = 3)
        => Stacks.Spread(new DecoderOnlyNetwork(Vocabulary, block, depth, stack, seed), 0.2);

    private static IReadOnlyList<IReadOnlyList<Hypothesis>> Decode(DecoderOnlyNetwork network, DecodingInput[] inputs,
        DecodingOptions options)
        => Decoder.Decode(network, inputs, options, TestContext.Current.CancellationToken);

    private static Dictionary<string, float[]> Trained(BackpropagationMode mode, ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        using var network = new DecoderOnlyNetwork(Vocabulary, Block with { Dropout = 0.1, Precision = precision },
            4, new() { Mode = mode, Gamma = GammaSchedule.Exponent(1) }, 1);
        using var optimizer = new AdamW(ParameterGroups.Of(network));
        for (var step = 1; step <= 10; step++)
        {
            using var inner = NewDisposeScope();
            network.Clock.Step = step;
            var ids = SmallNetworks.Ids(Vocabulary, step, 9, 9, 9, 9);
            var logits = network.forward(ids.narrow(1, 0, 8)).reshape(-1, Vocabulary);
            using var loss = CrossEntropy.Mean(logits, [.. ids.narrow(1, 1, 8).reshape(-1).data<long>().Select(id => (int)id)],
                SpecialTokens.Padding, 0.1);
            loss.Value.backward();
            optimizer.Step(step, 0.01);
            optimizer.ZeroGradients();
        }

        return network.state_dict().ToDictionary(p => p.Key, p => p.Value.detach().reshape(-1).data<float>().ToArray());
    }
}
