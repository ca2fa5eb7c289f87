using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using CsCheck;
using TorchSharp;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

public class TextEncoderTests
{
    private static readonly TextEncoderOptions Small = new()
    {
        Vocabulary = 13, Classes = 3, Width = 12, Depth = 3, Heads = 3, FeedForwardWidth = 20, Dropout = 0, MaxLength = 12,
    };

    private static Tensor Rows(params long[][] rows)
    {
        var longest = rows.Max(row => row.Length);
        return tensor(rows.SelectMany(row => row.Concat(new long[longest - row.Length])).ToArray(), [rows.Length, longest]);
    }

    private static float[] Scores(TextEncoder network, Tensor ids)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        network.eval();
        return network.forward(ids).data<float>().ToArray();
    }

    [Fact]
    public void The_state_has_the_encoder_s_names_of_an_encoder_decoder()
    {
        using var network = new TextEncoder(Small with { Pairs = true, Positions = PositionEncoding.Learned }, 1);
        using var translator = new EncoderDecoder(
            new() { SourceVocabulary = 13, TargetVocabulary = 13, Width = 12, Heads = 3, FeedForwardWidth = 20, EncoderDepth = 3 }, 1);

        var state = network.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.shape);
        Assert.Equal([1, 1, 12], state["cls_token"]);
        Assert.Equal([13, 12], state["embed.weight"]);
        Assert.Equal([12, 12], state["positions.weight"]);
        Assert.Equal([2, 12], state["segments"]);
        Assert.Equal([3, 12], state["head.weight"]);
        var shared = translator.state_dict().Where(pair => pair.Key.StartsWith("encoder", StringComparison.Ordinal)).ToList();
        Assert.NotEmpty(shared);
        Assert.All(shared, pair => Assert.Equal(pair.Value.shape, state[pair.Key]));
    }

    [Fact]
    public void Padding_changes_no_logit_beyond_rounding()
    {
        using var network = Stacks.Spread(new TextEncoder(Small with { Stack = WithoutGrid }, 1), 0.2);
        using var scope = NewDisposeScope();

        var alone = Scores(network, Rows([5, 6, 7, 2]));
        var beside = Scores(network, Rows([5, 6, 7, 2], [4, 5, 6, 7, 8, 9, 10, 11, 2]))[..3];

        Assert.All(alone.Zip(beside), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-4)); // float32 sums
    }

    [Fact]
    public void The_order_of_words_counts()
    {
        using var network = Stacks.Spread(new TextEncoder(Small, 1), 0.2);
        using var scope = NewDisposeScope();

        Assert.NotEqual(Scores(network, Rows([5, 6, 7, 2])), Scores(network, Rows([7, 6, 5, 2])));
    }

    [Fact]
    public void A_pair_is_not_its_two_texts_in_one_nor_the_other_way_round()
    {
        using var network = Stacks.Spread(new TextEncoder(Small with { Pairs = true }, 1), 0.2);
        using var scope = NewDisposeScope();

        Assert.NotEqual(Scores(network, Rows([5, 6, 2, 7, 8, 2])), Scores(network, Rows([7, 8, 2, 5, 6, 2])));
        Assert.NotEqual(Scores(network, Rows([5, 2, 6, 2])), Scores(network, Rows([5, 6, 2, 2])));
    }

    [Fact]
    public void What_is_no_batch_of_ids_is_refused()
    {
        using var network = new TextEncoder(Small, 1);
        using var scope = NewDisposeScope();

        Assert.Contains("padding alone", Assert.Throws<ArgumentException>(() => network.forward(Rows([5, 2], [0, 0]))).Message,
            StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => network.forward(zeros(2, 3)));
        Assert.Contains("Id 13", Assert.Throws<ArgumentException>(() => network.forward(Rows([13, 2]))).Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentNullException>(() => network.forward(null!));
    }

    private sealed record Case(int[] Lengths, int Heads, int HeadSize, int Depth, int Exponent, bool Pairs, bool BFloat16, ulong Seed)
    {
        public TextEncoderOptions Options(BackpropagationMode mode, bool audit = false) => new()
        {
            Vocabulary = 13, Classes = 4, Pairs = Pairs, Width = Heads * HeadSize, Heads = Heads, Depth = Depth,
            FeedForwardWidth = 2 * HeadSize + 1, Dropout = 0.2, MaxLength = 20,
            Precision = BFloat16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
            Stack = new() { Mode = mode, Audit = audit, Gamma = GammaSchedule.Exponent(Exponent) },
        };

        public Tensor Input => Ids(13, (int)Seed, Lengths);
    }

    private static readonly Gen<Case> Cases = Gen.Select(Gen.Int[1, 12].Array[1, 4], Gen.Int[1, 3], Gen.Int[2, 7], Gen.Int[1, 4],
        Gen.Int[1, 8], Gen.Bool, Gen.Bool, Gen.ULong[0, 99])
        .Select((lengths, heads, size, depth, exponent, pairs, half, seed)
            => new Case(lengths, heads, size, depth, exponent, pairs, half, seed));

    [Fact]
    public void All_modes_give_the_same_logits_and_gradients_bit_for_bit() => Cases.Sample(c =>
    {
        var reversible = Outcome(BackpropagationMode.Reversible);
        foreach (var mode in new[] { BackpropagationMode.StoreActivations, BackpropagationMode.Checkpointed })
        {
            var other = Outcome(mode);
            Assert.Equal(reversible.Keys, other.Keys);
            foreach (var (name, values) in reversible) Assert.True(values.AsSpan().SequenceEqual(other[name]), $"{mode}: {name}");
        }

        Dictionary<string, float[]> Outcome(BackpropagationMode mode)
        {
            using var scope = NewDisposeScope();
            using var network = Stacks.Spread(new TextEncoder(c.Options(mode), c.Seed), 0.2);
            var logits = network.forward(c.Input);
            logits.logsumexp(1).sum().backward();
            var outcome = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.data<float>().ToArray());
            outcome.Add("logits", logits.data<float>().ToArray());
            return outcome;
        }
    }, iter: 25, threads: 1);

    [Fact]
    public void Every_bit_of_every_state_is_rebuilt_with_padding_and_with_the_last_block_for_the_class_token_alone() => Cases.Sample(c =>
    {
        using var scope = NewDisposeScope();
        using var network = Stacks.Spread(new TextEncoder(c.Options(BackpropagationMode.Reversible, audit: true), c.Seed), 0.2);
        var ids = c.Input;
        var mask = cat([ones([ids.shape[0], 1], ScalarType.Bool), ids.NotEqualTo(0)], 1);

        var report = ReversibilityProbe.Run(network.Blocks,
            Stacks.Normal(5, ids.shape[0], ids.shape[1] + 1, network.Options.Width), mask);
        network.forward(ids).logsumexp(1).sum().backward(); // audited: every checksum of the leading pass

        Assert.Equal(0, report.DifferingElements);
        Assert.Null(network.Blocks.BackwardFault);
    }, iter: 25, threads: 1);

    [Fact]
    public void Its_options_are_checked_all_at_once()
    {
        var fault = Assert.Throws<ArgumentException>(() => new TextEncoder(
            new() { Vocabulary = 3, Classes = 1, Depth = 0, Width = 10, Heads = 3, MaxLength = 1, Positions = (PositionEncoding)7 }, 1));

        foreach (var option in new[] { "Vocabulary is 3", "Classes is 1", "Depth is 0", "Width is 10", "MaxLength is 1", "Positions is 7" })
            Assert.Contains(option, fault.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentOutOfRangeException>(() => TextEncoderOptions.FromPreset((TextEncoderPreset)9, 10, 2));
        foreach (var preset in Enum.GetValues<TextEncoderPreset>()) TextEncoderOptions.FromPreset(preset, 10, 2).Validate();
    }
}
