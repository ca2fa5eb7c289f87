using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

/// <summary>Both stacks of an encoder-decoder go back exactly, with dropout, padding and a memory that all decoder blocks read.</summary>
public class EncoderDecoderExactnessTests
{
    private sealed record Case(int Batch, int SourceLength, int TargetLength, int Heads, int HeadSize, int Depth,
        int GammaExponent, bool BFloat16, bool Share, ulong Seed)
    {
        public EncoderDecoderOptions Options(BackpropagationMode mode, bool audit = false) => new()
        {
            SourceVocabulary = 13, TargetVocabulary = 13, ShareEmbeddings = Share, TieOutput = Share, Positions = Share
                ? PositionEncoding.Sinusoidal : PositionEncoding.Learned,
            MaxLength = 20, Width = Heads * HeadSize, Heads = Heads, FeedForwardWidth = 2 * HeadSize + 1,
                EncoderDepth = Depth, DecoderDepth = Depth + 1, Dropout = 0.2,
            Precision = BFloat16 ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
            Stack = new() { Mode = mode, Audit = audit, Gamma = GammaSchedule.Exponent(GammaExponent) },
        };

        public Tensor Source => Ids(13, (int)Seed, [.. Enumerable.Range(0, Batch).Select(row => Math.Max(1, SourceLength - 2 * row))]);

        public Tensor Target
            => Ids(13, (int)Seed + 1, [.. Enumerable.Range(0, Batch).Select(row => Math.Max(1, TargetLength - 3 * (Batch - 1 - row)))]);
    }

    private static readonly Gen<Case> Cases = Gen.Select(
        Gen.Int[1, 4], Gen.Int[1, 12], Gen.Int[1, 12], Gen.Int[1, 3], Gen.Int[1, 7],
        Gen.Select(Gen.Int[1, 3], Gen.Int[1, 8], Gen.Bool, Gen.Bool, Gen.ULong[0, 99]),
        (batch, source, target, heads, size, rest) =>
            new Case(batch, source, target, heads, size, rest.Item1, rest.Item2, rest.Item3, rest.Item4, rest.Item5));

    [Fact]
    public void All_modes_give_the_same_loss_and_gradients_bit_for_bit() => Cases.Sample(c =>
    {
        var (reversible, stored, checkpointed) =
            (Outcome(c, BackpropagationMode.Reversible), Outcome(c, BackpropagationMode.StoreActivations),
            Outcome(c, BackpropagationMode.Checkpointed));
        foreach (var other in new[] { stored, checkpointed })
        {
            Assert.Equal(reversible.Keys, other.Keys);
            foreach (var (name, values) in reversible) Assert.True(values.AsSpan().SequenceEqual(other[name]), name);
        }

        // A norm of one feature or two is constant, and so has no gradient to hand on.
        if (c.Heads * c.HeadSize > 2) Assert.True(reversible["memory"].Any(value => value != 0), "no gradient by the memory");
    }, iter: 25, threads: 1);

    [Fact]
    public void Every_bit_of_every_state_of_both_stacks_is_rebuilt() => Cases.Sample(c =>
    {
        using var scope = NewDisposeScope();
        using var model = Spread(new EncoderDecoder(c.Options(BackpropagationMode.Reversible), c.Seed));
        var (source, target) = (c.Source, c.Target);
        var mask = source.NotEqualTo(0);
        var encoder = ReversibilityProbe.Run(model.Encoder, Stacks.Normal(5, c.Batch, source.shape[1], model.Options.Width), mask);
        var decoder = ReversibilityProbe.Run(model.Decoder, Stacks.Normal(6, c.Batch, target.shape[1], model.Options.Width),
            model.Encode(source), mask);

        Assert.Equal((0, 0), (encoder.DifferingElements, decoder.DifferingElements));
        Assert.Equal(c.Depth * c.Batch * target.shape[1] * model.Options.Width, decoder.Elements);
    }, iter: 25, threads: 1);

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void An_audited_training_step_finds_nothing(ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        using var model = Spread(new EncoderDecoder(
            Small with { Precision = precision, Dropout = 0.1, DecoderDepth = 6, Stack = new() { Audit = true } }, 1));
        for (var step = 0; step < 5; step++)
        {
            model.Clock.Step = step;
            model.Project(model.Decode(Target, model.Encode(Source), Source)).logsumexp(-1).sum().backward();
            Assert.Null(model.Encoder.BackwardFault);
            Assert.Null(model.Decoder.BackwardFault);
        }
    }

    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void Training_ends_with_the_same_weights_whether_states_are_rebuilt_or_stored(ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        var trained = new[] { BackpropagationMode.Reversible, BackpropagationMode.StoreActivations }.Select(mode =>
        {
            using var model = new EncoderDecoder(
                Small with { Precision = precision, Dropout = 0.1, Stack = new() { Mode = mode, Gamma = GammaSchedule.Exponent(1) } }, 1);
            using var optimizer = new AdamW(ParameterGroups.Of(model, model.WithoutDecay));
            for (var step = 1; step <= 12; step++)
            {
                using var inner = NewDisposeScope();
                model.Clock.Step = step;
                var (source, target) = (Ids(11, step, 3 + step % 4, 7, 2), Ids(13, step + 50, 6, 1 + step % 5, 5));
                model.Project(model.Decode(target, model.Encode(source), source)[target.NotEqualTo(0)]).logsumexp(1).mean().backward();
                optimizer.Step(step, 0.01);
                optimizer.ZeroGradients();
            }

            return model.state_dict().ToDictionary(p => p.Key, p => Values(p.Value));
        }).ToArray();
        foreach (var (name, values) in trained[0]) Assert.True(values.AsSpan().SequenceEqual(trained[1][name]), name);
    }

    /// <summary>
    /// The claim for decoders at scale: networks of the sizes that are trained, dropout, padding, every m, both precisions.
    /// </summary>
    [Fact]
    [Trait("Category", "Slow")]
    public void Fifty_million_elements_of_both_stacks_are_rebuilt_without_a_differing_bit()
    {
        long elements = 0;
        for (ulong round = 0; elements < 50_000_000; round++)
        {
            using var scope = NewDisposeScope();
            var options = EncoderDecoderOptions.FromPreset(round % 4 == 3 ? EncoderDecoderPreset.Small
                : EncoderDecoderPreset.Compact, 50, 50) with
            {
                EncoderDepth = 4 + (int)round % 5, DecoderDepth = 12 - (int)round % 5, Precision = round % 2 == 0
                    ? ComputePrecision.Float32 : ComputePrecision.BFloat16,
                Stack = new() { Gamma = GammaSchedule.Exponent(1 + (int)round % 8) },
            };
            using var model = new EncoderDecoder(options, round);
            model.Clock.Step = (long)round;
            var random = new Random((int)round);
            int[] Lengths() => [.. Enumerable.Range(0, 30).Select(_ => random.Next(1, 40))];
            var (source, target) = (Ids(50, (int)round, Lengths()), Ids(50, (int)round + 1, Lengths()));
            var mask = source.NotEqualTo(0);
            foreach (var report in new[]
            {
                ReversibilityProbe.Run(model.Encoder, Stacks.Normal(round, source.shape[0], source.shape[1], options.Width), mask),
                ReversibilityProbe.Run(model.Decoder, Stacks.Normal(round, target.shape[0], target.shape[1], options.Width),
                    model.Encode(source), mask),
            })
            {
                Assert.Equal(0, report.DifferingElements);
                elements += report.Elements;
            }
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"{elements:N0} elements rebuilt, 0 bits differ");
    }

    // 300 tokens take other kernels in bf16; 0.1 s a case.
    [Theory]
    [InlineData(ComputePrecision.Float32)]
    [InlineData(ComputePrecision.BFloat16)]
    public void Long_texts_go_back_exactly_too(ComputePrecision precision)
    {
        var c = new Case(2, 300, 290, 2, 5, 2, 3, precision == ComputePrecision.BFloat16, true, 3);
        var (reversible, stored) = (Outcome(c, BackpropagationMode.Reversible), Outcome(c, BackpropagationMode.StoreActivations));
        foreach (var (name, values) in reversible) Assert.True(values.AsSpan().SequenceEqual(stored[name]), name);
    }

    [Fact]
    public void Stacks_and_embeddings_share_no_random_number()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = new EncoderDecoder(Small with { Dropout = 0.5, EncoderDepth = 2 }, 1);
        var x = ones(4, 9, 12);
        var streams = new[] { model.Encoder.Stream, model.Decoder.Stream };
        Assert.Equal(2, streams.Distinct().Count());
        // Zero weights leave the embedding's dropout as the only thing that the stacks' inputs differ by.
        foreach (var parameter in model.parameters()) parameter.Fill(1);
        var ids = TestMath.Full([4, 9], 5, ScalarType.Int64);
        var (source, target) = (Dropped(() => model.Encode(ids)), Dropped(() => model.Decode(ids, ones(4, 9, 12), ids)));
        Assert.False(source.SequenceEqual(target));
        model.Clock.Step++;
        Assert.False(source.SequenceEqual(Dropped(() => model.Encode(ids))));

        static float[] Dropped(Func<Tensor> run) => run().reshape(-1).data<float>().ToArray();
    }

    [Fact]
    public void Side_information_of_both_stacks_is_counted()
    {
        using var scope = NewDisposeScope();
        using var model = new EncoderDecoder(Small, 1);
        model.Decode(Target, model.Encode(Source), Source).sum().backward();
        // 5 bits an element; each of three samples is packed for itself, in groups of 8 elements.
        Assert.Equal(2 * 3 * 5 * ((7 * 12 + 7) / 8), model.Encoder.SideInformationBytes);
        Assert.Equal(1 * 3 * 5 * (6 * 12 / 8), model.Decoder.SideInformationBytes);
    }

    private static Dictionary<string, float[]> Outcome(Case c, BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var model = Spread(new EncoderDecoder(c.Options(mode), c.Seed));
        model.Clock.Step = 17;
        var (source, target) = (c.Source, c.Target);
        var memory = model.Encode(source);
        memory.retain_grad();
        var loss = model.Project(model.Decode(target, memory, source)[target.NotEqualTo(0)]).logsumexp(1).sum();
        loss.backward();
        var result = model.named_parameters().ToDictionary(p => p.name, p => Values(p.parameter.grad!));
        result["loss"] = Values(loss);
        result["memory"] = Values(memory.grad!);
        Assert.All(result, p => Assert.True(p.Value.All(float.IsFinite), p.Key));
        return result;
    }

    private static float[] Values(Tensor t) => t.detach().reshape(-1).data<float>().ToArray();
}
