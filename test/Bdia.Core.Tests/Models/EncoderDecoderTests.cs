using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

public class EncoderDecoderTests
{
    [Fact]
    public void State_has_stable_names_and_shapes()
    {
        using var model = new EncoderDecoder(
            Small with { EncoderDepth = 1, DecoderDepth = 1, Positions = PositionEncoding.Learned, MaxLength = 9, TieOutput = false }, 1);
        string[] Dense(string name, int outputs, int inputs) => [$"{name}.weight ({outputs}, {inputs})", $"{name}.bias ({outputs})"];
        string[] Norm(string name) => [$"{name}.weight (12)", $"{name}.bias (12)"];
        string[] expected =
        [
            "source_embed.weight (11, 12)", "target_embed.weight (13, 12)", "source_positions.weight (9, 12)",
                "target_positions.weight (9, 12)",
            .. Norm("encoder.0.norm1"), .. Dense("encoder.0.attn.qkv", 36, 12), .. Dense("encoder.0.attn.proj", 12, 12),
            .. Norm("encoder.0.norm2"), .. Dense("encoder.0.mlp.fc1", 20, 12), .. Dense("encoder.0.mlp.fc2", 12, 20),
                .. Norm("encoder_norm"),
            .. Norm("decoder.0.norm1"), .. Dense("decoder.0.attn.qkv", 36, 12), .. Dense("decoder.0.attn.proj", 12, 12),
            .. Norm("decoder.0.norm2"), .. Dense("decoder.0.cross.q", 12, 12), .. Dense("decoder.0.cross.kv", 24, 12),
                .. Dense("decoder.0.cross.proj", 12, 12),
            .. Norm("decoder.0.norm3"), .. Dense("decoder.0.mlp.fc1", 20, 12), .. Dense("decoder.0.mlp.fc2", 12, 20),
                .. Norm("decoder_norm"),
            .. Dense("head", 13, 12),
        ];
        Assert.Equal(expected.Order(), model.state_dict().Select(p => $"{p.Key} ({string.Join(", ", p.Value.shape)})").Order());
        Assert.Equal(["source_embed.weight", "source_positions.weight", "target_embed.weight", "target_positions.weight"],
            model.WithoutDecay.Order());
        Assert.Equal(expected.Length, ParameterGroups.Of(model, model.WithoutDecay).Parameters.Count);
    }

    // Counted by hand; the paper gives 65 M for its base model with about 37,000 joint ids.
    [Theory]
    [InlineData(EncoderDecoderPreset.Compact, 6000, false, 2_861_568)]
    [InlineData(EncoderDecoderPreset.Small, 8000, true, 9_421_824)]
    [InlineData(EncoderDecoderPreset.Base, 37000, true, 63_084_544)]
    public void Presets_have_the_expected_number_of_weights(EncoderDecoderPreset preset, int vocabulary, bool shared, long weights)
    {
        using var model = new EncoderDecoder(
            EncoderDecoderOptions.FromPreset(preset, vocabulary, vocabulary) with { ShareEmbeddings = shared }, 1);
        Assert.Equal(weights, model.parameters().Sum(p => p.numel()));
        Assert.Equal(0.1, model.Options.Dropout);
    }

    [Fact]
    public void Agrees_with_a_plain_implementation_of_the_standard_architecture()
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var model = Spread(new EncoderDecoder(Small with { Stack = WithoutGrid }, 1));
        model.eval();
        var (source, target) = (Source, Target);
        var actual = model.Project(model.Decode(target, model.Encode(source), source));

        var w = model.state_dict().ToDictionary(p => p.Key, p => p.Value.to(ScalarType.Float64));
        Tensor Norm(Tensor t, string name) => nn.functional.layer_norm(t, [12], w[$"{name}.weight"], w[$"{name}.bias"], 1e-6);
        Tensor Dense(Tensor t, string name) => t.matmul(w[$"{name}.weight"].t()).Plus(w[$"{name}.bias"]);
        Tensor Heads(Tensor t) => t.view(t.shape[0], -1, 3, 4).transpose(1, 2);
        Tensor Attend(Tensor q, Tensor k, Tensor v, Tensor allowed)
            => Heads(q).matmul(Heads(k).transpose(-2, -1)).Over(2).MaskedFill(allowed.logical_not(), double.NegativeInfinity)
                .softmax(-1).matmul(Heads(v)).transpose(1, 2).flatten(2);
        Tensor Embed(Tensor ids, string name) 
            => w[name][ids].Times(Math.Sqrt(12)).Plus(SinusoidalPositions.Rows(0, ids.shape[1], 12, CPU));
        Tensor FeedForward(Tensor x, string block, string norm) 
            => x.Plus(Dense(nn.functional.gelu(Dense(Norm(x, $"{block}.{norm}"), $"{block}.mlp.fc1")), $"{block}.mlp.fc2"));

        var real = source.NotEqualTo(0).view(3, 1, 1, -1);
        var x = Embed(source, "source_embed.weight");
        for (var k = 0; k < 3; k++)
        {
            var qkv = Dense(Norm(x, $"encoder.{k}.norm1"), $"encoder.{k}.attn.qkv").chunk(3, -1);
            x = x.Plus(Dense(Attend(qkv[0], qkv[1], qkv[2], real), $"encoder.{k}.attn.proj"));
            x = FeedForward(x, $"encoder.{k}", "norm2");
        }

        var memory = Norm(x, "encoder_norm");
        var y = Embed(target, "target_embed.weight");
        var past = ones(target.shape[1], target.shape[1]).tril().to(ScalarType.Bool);
        for (var k = 0; k < 2; k++)
        {
            var qkv = Dense(Norm(y, $"decoder.{k}.norm1"), $"decoder.{k}.attn.qkv").chunk(3, -1);
            y = y.Plus(Dense(Attend(qkv[0], qkv[1], qkv[2], past), $"decoder.{k}.attn.proj"));
            var kv = Dense(memory, $"decoder.{k}.cross.kv").chunk(2, -1);
            y = y.Plus(Dense(Attend(Dense(Norm(y, $"decoder.{k}.norm2"), $"decoder.{k}.cross.q"), kv[0], kv[1], real),
                $"decoder.{k}.cross.proj"));
            y = FeedForward(y, $"decoder.{k}", "norm3");
        }

        var expected = Norm(y, "decoder_norm").matmul(w["target_embed.weight"].t());
        // float32 against float64 through five blocks with weights of order 1: a few hundred roundings of 2^-24 on logits of order 10.
        Assert.InRange((expected - actual).abs().max().item<double>(), 0, 2e-4);
    }

    [Fact]
    public void A_later_token_changes_nothing_before_it()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        foreach (var precision in Enum.GetValues<ComputePrecision>())
        {
            using var model = Spread(new EncoderDecoder(Small with { Precision = precision }, 1));
            model.eval();
            var memory = model.Encode(Source);
            var before = model.Decode(Target, memory, Source);
            for (var t = 1; t < 6; t++)
            {
                var target = Target;
                target.narrow(1, t, 6 - t).Fill(12);
                var after = model.Decode(target, memory, Source);
                Assert.True(before.narrow(1, 0, t).Equals(after.narrow(1, 0, t)), $"{precision}, {t}");
                Assert.False(before.select(1, t).Equals(after.select(1, t)));
            }
        }
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Padding_changes_nothing_beyond_rounding(bool quantize)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = Spread(new EncoderDecoder(Small with { Stack = quantize ? new() : WithoutGrid }, 1));
        model.eval();
        Tensor Longer(Tensor ids, int more) => cat([ids, zeros(ids.shape[0], more, ScalarType.Int64)], 1);
        var expected = model.Project(model.Decode(Target, model.Encode(Source), Source));
        var differences = new List<float>();
        foreach (var (source, target) in new[] { (1, 0), (0, 1), (3, 2), (9, 30), (40, 9), (300, 0) })
        {
            var (longSource, longTarget) = (Longer(Source, source), Longer(Target, target));
            var actual = model.Project(model.Decode(longTarget, model.Encode(longSource), longSource)).narrow(1, 0, 6);
            differences.Add((actual - expected).abs()[Target.NotEqualTo(0)].max().item<float>());
        }

        // Other shapes make libtorch sum in another order. On the grid such a rounding can, rarely, move an element by a step of 2^-9,
        // which the blocks above and the output product (weights of order 1) then multiply.
        Assert.All(differences, difference => Assert.InRange(difference, 0, quantize ? 0.1f : 1e-4f));
    }

    [Fact]
    public void A_text_is_read_alike_alone_and_in_a_batch()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = Spread(new EncoderDecoder(Small with { Stack = WithoutGrid }, 1));
        model.eval();
        var together = model.Project(model.Decode(Target, model.Encode(Source), Source));
        foreach (var (row, (sourceLength, targetLength)) in new[] { (5, 6), (7, 3), (2, 5) }.Index())
        {
            var (source, target) = (Source.narrow(0, row, 1).narrow(1, 0, sourceLength),
                Target.narrow(0, row, 1).narrow(1, 0, targetLength));
            var alone = model.Project(model.Decode(target, model.Encode(source), source));
            // As above: the order of sums.
            Assert.InRange((alone[0] - together[row].narrow(0, 0, targetLength)).abs().max().item<float>(), 0, 1e-4f);
        }
    }

    [Fact]
    public void What_is_shared_is_one_parameter_with_the_gradient_of_all_its_uses()
    {
        using var scope = NewDisposeScope();
        var options = Small with { SourceVocabulary = 13 };
        using var apart = new EncoderDecoder(options with { TieOutput = false }, 1);
        using var tied = new EncoderDecoder(options, 1);
        using var shared = new EncoderDecoder(options with { ShareEmbeddings = true }, 1);
        // The same weights everywhere, and no bias at the output.
        var weights = apart.state_dict().ToDictionary();
        using (no_grad())
        {
            foreach (var name in new[] { "source_embed.weight", "head.weight" }) weights[name].copy_(weights["target_embed.weight"]);
            foreach (var model in new[] { tied, shared })
                foreach (var (name, tensor) in model.state_dict()) tensor.copy_(
                    weights[name == "embed.weight" ? "target_embed.weight" : name]);
        }

        var gradients = new[] { apart, tied, shared }.Select(model =>
        {
            model.train();
            model.Project(model.Decode(Target, model.Encode(Source), Source)).logsumexp(-1).sum().backward();
            return model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!);
        }).ToArray();

        Assert.Equal(["source_embed.weight", "target_embed.weight"], gradients[1].Keys.Where(name => name.Contains("embed")).Order());
        Assert.Equal(["embed.weight"], gradients[2].Keys.Where(name => name.Contains("embed")));
        Assert.All(new[] { tied, shared },
            model => Assert.Equal(model.named_parameters().Select(p => p.name).Order(), ModuleState.Save(model).Keys.Order()));
        // The order of three sums.
        var target = gradients[0]["target_embed.weight"].Plus(gradients[0]["head.weight"]);
        Assert.True(target.allclose(gradients[1]["target_embed.weight"], 1e-5, 1e-6));
        Assert.True(target.Plus(gradients[0]["source_embed.weight"]).allclose(gradients[2]["embed.weight"], 1e-5, 1e-6));
    }

    [Theory]
    [InlineData(false, false)]
    [InlineData(true, true)]
    public void Weights_go_to_a_file_and_come_back(bool share, bool tie)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var options = Small with { SourceVocabulary = 13, ShareEmbeddings = share, TieOutput = tie };
        using var model = Spread(new EncoderDecoder(options, 1));
        using var other = new EncoderDecoder(options, 2);
        using var file = new MemoryStream();
        SafeTensors.Write(file, ModuleState.Save(model));
        file.Position = 0;
        ModuleState.Load(other, SafeTensors.Read(file).Tensors);
        model.eval();
        other.eval();
        Assert.True(model.Decode(Target, model.Encode(Source), Source).Equals(other.Decode(Target, other.Encode(Source), Source)));
    }

    [Fact]
    public void Every_parameter_moves_with_the_model()
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var model = new EncoderDecoder(Small with { Positions = PositionEncoding.Learned, MaxLength = 9 }, 1);
        model.eval();
        Tensor Logits() => model.Project(model.Decode(Target, model.Encode(Source), Source));
        var before = Logits();
        // The way to another device too: TorchSharp replaces parameters and finds our fields by reflection.
        model.to(ScalarType.Float64);
        Assert.All(model.parameters(), parameter => Assert.Equal(ScalarType.Float64, parameter.dtype));
        model.to(ScalarType.Float32);
        Assert.True(before.Equals(Logits()));
    }

    [Fact]
    public void Construction_training_and_decoding_leave_the_global_generator_alone()
    {
        using var scope = NewDisposeScope();
        var before = random.get_rng_state().data<byte>().ToArray();
        using var model = new EncoderDecoder(Small with { Dropout = 0.3, Positions = PositionEncoding.Learned, TieOutput = false }, 1);
        model.Decode(Target, model.Encode(Source), Source).sum().backward();
        model.eval();
        using (var state = model.Begin(Source)) model.Next(tensor(new long[] { 1, 1, 1 }), state);
        Assert.Equal(before, random.get_rng_state().data<byte>().ToArray());
    }

    [Fact]
    public void A_seed_fixes_the_weights()
    {
        using var a = new EncoderDecoder(Small, 7);
        using var b = new EncoderDecoder(Small, 7);
        using var c = new EncoderDecoder(Small, 8);
        foreach (var name in a.named_parameters().Where(p => p.parameter.dim() > 1).Select(p => p.name))
        {
            Assert.Equal(0, TensorMemory.DifferingElements(a.get_parameter(name)!, b.get_parameter(name)!));
            Assert.NotEqual(0, TensorMemory.DifferingElements(a.get_parameter(name)!, c.get_parameter(name)!));
        }
    }

    [Fact]
    public void Options_read_back_from_json_as_written()
    {
        var options = Small with { Dropout = 0.3, Precision = ComputePrecision.BFloat16, Positions = PositionEncoding.Learned,
            Stack = new() { Gamma = GammaSchedule.Parse("6@0,1@0.5") } };
        Assert.Equal(options, JsonSerializer.Deserialize<EncoderDecoderOptions>(JsonSerializer.Serialize(options)));
    }

    [Fact]
    public void All_faults_of_the_options_come_in_one_message()
    {
        var e = Assert.Throws<ArgumentException>(() => new EncoderDecoder(Small with
        {
            SourceVocabulary = 3, TargetVocabulary = -1, ShareEmbeddings = true, Heads = 5, EncoderDepth = 0,
                DecoderDepth = -2, Dropout = 1,
            FeedForwardWidth = 0, MaxLength = 1, Positions = (PositionEncoding)9, Precision = (ComputePrecision)9,
                Stack = new() { FractionBits = 0 },
        }, 1));
        foreach (var part in new[]
        {
            "SourceVocabulary is 3", "TargetVocabulary is -1", "ShareEmbeddings is true", "Heads is 5",
                "EncoderDepth is 0", "DecoderDepth is -2", "Dropout is 1",
            "FeedForwardWidth is 0", "MaxLength is 1", "Positions is 9", "Precision is 9", "FractionBits is 0",
        })
        {
            Assert.Contains(part, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void There_is_no_ninth_preset()
        => Assert.Throws<ArgumentOutOfRangeException>(() => EncoderDecoderOptions.FromPreset((EncoderDecoderPreset)9, 10, 10));

    [Fact]
    public void Input_that_does_not_fit_is_refused_with_what_is_wanted()
    {
        using var scope = NewDisposeScope();
        using var model = new EncoderDecoder(Small with { Positions = PositionEncoding.Learned, MaxLength = 7 }, 1);
        var (source, target) = (Source, Target);
        var memory = model.Encode(source);
        void Refused(string message, Action act) =>
            Assert.StartsWith(message, Assert.Throws<ArgumentException>(act).Message, StringComparison.Ordinal);

        Refused("Id 11 is not in the vocabulary, whose ids are 0 to 10.", () => model.Encode(tensor(new long[] { 4, 11 }, [1, 2])));
        Refused("Id -3 is not in the vocabulary, whose ids are 0 to 12.",
            () => model.Decode(tensor(new long[] { 4, -3, 5 }, [3, 1]), memory, source));
        Refused("Ids are Int64 of shape (3); give Int64 of two dimensions", () => model.Encode(tensor(new long[] { 4, 5, 6 })));
        Refused("Ids are Int32 of shape (1, 2); give Int64 of two dimensions", () => model.Encode(tensor(new[] { 4, 5 }, [1, 2])));
        Refused("Ids are Int64 of shape (2, 0); give Int64 of two dimensions", () => model.Encode(zeros(2, 0, ScalarType.Int64)));
        Refused("A row of the source is padding alone", () => model.Encode(tensor(new long[] { 4, 5, 0, 0 }, [2, 2])));
        Refused("Source has shape (3, 7), memory (3, 7, 12) and target (2, 6); give source (B, S), its memory (B, S, 12) and target (B, "
            + "T).", () => model.Decode(target.narrow(0, 0, 2), memory, source));
        Refused("Source has shape (3, 7), memory (3, 6, 12)", () => model.Decode(target, memory.narrow(1, 0, 6), source));
        Refused("A text has 8 tokens; places were learned for 7.", () => model.Encode(Ids(11, 1, 8)));
        Refused("A text has 9 tokens; places were learned for 7.", () => model.Decode(Ids(13, 1, 9, 2, 2), memory, source));
    }
}
