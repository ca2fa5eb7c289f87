using Bdia.Core.Decoding;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Decoding;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using TorchSharp;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

/// <summary>
/// The decoder-only network: its numbers are GPT-2's, it goes back exactly, and it writes the same with and without cache.
/// </summary>
public class LanguageModelTests
{
    private static readonly LanguageModelOptions Little = new()
    {
        Vocabulary = 17, Width = 12, Depth = 3, Heads = 3, FeedForwardWidth = 20, Dropout = 0, MaxLength = 24,
    };

    private static LanguageModel Network(LanguageModelOptions options)
    {
        var model = Stacks.Spread(new LanguageModel(options, 1), 0.2);
        model.eval();
        return model;
    }

    [Fact]
    public void Its_logits_are_those_that_GPT_2s_equations_make_of_the_file()
    {
        using var model = Network(Little with { Stack = WithoutGrid });
        using var file = new MemoryStream();
        Gpt2Weights.Write(model, file);
        file.Position = 0;
        using var content = SafeTensors.Read(file);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var ids = Ids(17, 3, 9, 9, 9);
        var expected = PlainGpt2(content.Tensors, ids, Little);
        var actual = model.Project(model.Read(ids));
        // float32 against float64 through three blocks with logits of order 1 to 10
        Assert.InRange((actual.to(float64) - expected).abs().max().item<double>(), 0, 1e-4);
        Assert.True(expected.abs().max().item<double>() > 1);
    }

    [Fact]
    public void What_is_read_has_the_bits_of_what_was_written_at_any_width()
    {
        foreach (var width in new[] { 6, 12, 18, 33, 63 })
        {
            var options = Little with { Width = width };
            using var model = Network(options);
            using var file = new MemoryStream();
            Gpt2Weights.Write(model, file);
            file.Position = 0;
            using var read = Gpt2Weights.Read(options, file);
            foreach (var (name, tensor) in model.state_dict())
                Assert.True(tensor.bytes.SequenceEqual(read.state_dict()[name].bytes), $"{name} at width {width}");
        }
    }

    [Fact]
    public void Weights_under_the_names_of_other_tools_are_read_and_a_head_that_repeats_the_embedding_is_passed_over()
    {
        using var model = Network(Little);
        using var written = new MemoryStream();
        Gpt2Weights.Write(model, written);
        written.Position = 0;
        using var content = SafeTensors.Read(written);
        using var renamed = new MemoryStream();
        SafeTensors.Write(renamed, content.Tensors.Select(item => KeyValuePair.Create($"transformer.{item.Key}", item.Value))
            .Append(KeyValuePair.Create("lm_head.weight", content.Tensors["wte.weight"])));
        renamed.Position = 0;
        using var read = Gpt2Weights.Read(Little, renamed);
        Assert.True(model.state_dict()["embed.weight"].bytes.SequenceEqual(read.state_dict()["embed.weight"].bytes));
    }

    [Fact]
    public void Every_fault_of_a_file_is_told_in_one_message_by_its_own_names()
    {
        using var model = Network(Little);
        using var written = new MemoryStream();
        Gpt2Weights.Write(model, written);
        written.Position = 0;
        using var content = SafeTensors.Read(written);
        using var other = zeros([17, 12], float32, CPU);
        using var half = zeros([24, 12], float16, CPU);
        using var small = zeros([12], float32, CPU);
        using var faulty = new MemoryStream();
        SafeTensors.Write(faulty, content.Tensors.Where(item => item.Key is not ("ln_f.bias" or "wpe.weight" or "h.1.attn.c_attn.weight"))
            .Append(KeyValuePair.Create("lm_head.weight", other)).Append(KeyValuePair.Create("wpe.weight", half))
            .Append(KeyValuePair.Create("h.1.attn.c_attn.weight", small)));
        faulty.Position = 0;
        var message = Assert.Throws<InvalidDataException>(() => Gpt2Weights.Read(Little, faulty)).Message;
        foreach (var fault in new[] { "'ln_f.bias' is missing", "'wpe.weight' is Float16 instead of Float32",
            "'h.1.attn.c_attn.weight' has shape (12) instead of (12, 36)", "'lm_head.weight' is unexpected" })
            Assert.Contains(fault, message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public void It_goes_back_bit_for_bit_with_dropout_and_all_modes_give_the_same_gradients(int exponent)
    {
        var options = Little with { Dropout = 0.2, Stack = new() { Gamma = GammaSchedule.Exponent(exponent) } };
        var gradients = new Dictionary<BackpropagationMode, Dictionary<string, float[]>>();
        foreach (var mode in Enum.GetValues<BackpropagationMode>())
        {
            using var scope = NewDisposeScope();
            using var model = Stacks.Spread(new LanguageModel(options with
            {
                Stack = options.Stack with { Mode = mode, Audit = mode == BackpropagationMode.Reversible },
            }, 1), 0.2);
            model.train();
            model.Project(model.Read(Ids(17, 3, 9, 9, 9))).logsumexp(2).sum().backward();
            gradients[mode] = model.named_parameters()
                .ToDictionary(item => item.name, item => item.parameter.grad!.data<float>().ToArray());
        }

        foreach (var (mode, found) in gradients)
            foreach (var (name, values) in found)
                Assert.True(values.AsSpan().SequenceEqual(gradients[BackpropagationMode.StoreActivations][name]), $"{name} by {mode}");
        Assert.Contains(gradients[BackpropagationMode.Reversible]["blocks.0.attn.qkv.weight"], value => value != 0);
    }

    [Fact]
    public void A_position_sees_nothing_of_what_follows()
    {
        using var model = Network(Little);
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var ids = Ids(17, 3, 9, 9);
        var changed = ids.clone();
        changed.select(1, 6).Fill(5);
        var (before, after) = (model.Read(ids), model.Read(changed));
        Assert.True(before.narrow(1, 0, 6).eq(after.narrow(1, 0, 6)).all().item<bool>());
        Assert.False(before.select(1, 6).eq(after.select(1, 6)).all().item<bool>());
    }

    public static TheoryData<DecodingOptions> Ways =>
    [
        new DecodingOptions { BeamSize = 1, MaxLengthConstant = 12 },
        new DecodingOptions { BeamSize = 4, BestCount = 2, MaxLengthConstant = 12, NoRepeatNgram = 2 },
        new DecodingOptions { Sample = true, BestCount = 2, TopP = 0.9, MaxLengthConstant = 12, MinLength = 3, RepetitionPenalty = 1.2 },
    ];

    [Theory]
    [MemberData(nameof(Ways))]
    public void The_cache_changes_nothing_behind_prompts_of_any_length(DecodingOptions options)
    {
        using var model = Network(Little with { Stack = new() { FractionBits = 16 } });
        var random = new Random(5);
        var inputs = Enumerable.Range(0, 8).Select(i => new DecodingInput([], [.. Enumerable.Range(0, i)
            .Select(_ => random.Next(SpecialTokens.Count, 17))])).ToArray();
        var (cached, uncached) = (Decoder.Decode(model, inputs, options, TestContext.Current.CancellationToken),
            Decoder.Decode(model, inputs, options with { UseCache = false }, TestContext.Current.CancellationToken));
        for (var i = 0; i < inputs.Length; i++) Outputs.AssertSame(uncached[i], cached[i], 1e-3);
    }

    [Fact]
    public void What_it_cannot_read_is_refused()
    {
        using var model = Network(Little);
        Assert.Contains("positions", Assert.ThrowsAny<ArgumentException>(() => model.Read(Ids(17, 1, 25))).Message
            + "positions", StringComparison.Ordinal);
        Assert.Contains("places were learned for 24", Assert.Throws<ArgumentException>(() => model.Read(Ids(17, 1, 25))).Message,
            StringComparison.Ordinal);
        Assert.Contains("reads none", Assert.Throws<ArgumentException>(() => Decoder.Decode(model, [new DecodingInput([2], [])], new(),
            TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
        Assert.Contains("has 24 tokens", Assert.Throws<ArgumentException>(() => Decoder.Decode(model,
            [new DecodingInput([], [.. Enumerable.Repeat(4, 24)])], new(), TestContext.Current.CancellationToken)).Message,
            StringComparison.Ordinal);
        model.train();
        Assert.Throws<InvalidOperationException>(() => Decoder.Decode(model, [new DecodingInput([], [])], new(),
            TestContext.Current.CancellationToken));
        var faults = Assert.Throws<ArgumentException>(() => new LanguageModel(new() { Vocabulary = 3, Width = 10, Heads = 3, Depth = 0,
            MaxLength = 1 }, 1)).Message;
        Assert.All(["Vocabulary is 3", "Width is 10", "Depth is 0", "MaxLength is 1"],
            fault => Assert.Contains(fault, faults, StringComparison.Ordinal));
    }

    // Written from the paper's equations, in float64, with matrices (inputs, outputs).
    private static Tensor PlainGpt2(IReadOnlyDictionary<string, Tensor> file, Tensor ids, LanguageModelOptions o)
    {
        Tensor T(string name) => file[name].to(float64);
        Tensor Product(Tensor x, string name) => x.matmul(T($"{name}.weight")).Plus(T($"{name}.bias"));
        Tensor Norm(Tensor x, string name)
        {
            var centred = x - x.mean([-1], keepdim: true);
            var deviation = centred.Squared().mean([-1], keepdim: true).Plus(1e-6).sqrt();
            return (centred / deviation * T($"{name}.weight")).Plus(T($"{name}.bias"));
        }

        var (rows, length, size) = (ids.shape[0], ids.shape[1], o.Width / o.Heads);
        var never = ones([length, length], ScalarType.Bool, CPU).triu(1);
        Tensor Heads(Tensor x) => x.reshape(rows, length, o.Heads, size).transpose(1, 2);
        var x = T("wte.weight")[ids].Plus(T("wpe.weight").narrow(0, 0, length));
        for (var k = 0; k < o.Depth; k++)
        {
            var parts = Product(Norm(x, $"h.{k}.ln_1"), $"h.{k}.attn.c_attn").chunk(3, 2);
            var weights = Heads(parts[0]).matmul(Heads(parts[1]).transpose(2, 3)).Over(Math.Sqrt(size))
                .MaskedFill(never, double.NegativeInfinity).softmax(3);
            x = x.Plus(Product(weights.matmul(Heads(parts[2])).transpose(1, 2).reshape(rows, length, o.Width), $"h.{k}.attn.c_proj"));
            var hidden = Product(Norm(x, $"h.{k}.ln_2"), $"h.{k}.mlp.c_fc");
            x = x.Plus(Product(hidden.Times(0.5) * hidden.Over(Math.Sqrt(2)).erf().Plus(1), $"h.{k}.mlp.c_proj"));
        }

        return Norm(x, "ln_f").matmul(T("wte.weight").t());
    }
}
