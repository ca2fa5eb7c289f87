using Bdia.Core.Formats;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

public class EncoderDecoderTests
{
    internal static EncoderDecoderOptions Small => new()
    {
        SourceVocabulary = 11, TargetVocabulary = 13, Width = 12, EncoderDepth = 3, DecoderDepth = 2, Heads = 3, FeedForwardWidth = 20, Dropout = 0,
    };

    // Texts of the given lengths, padded at the end.
    internal static Tensor Ids(int vocabulary, ulong seed, params int[] lengths)
    {
        var random = new Random((int)seed);
        var width = lengths.Max();
        var ids = new long[lengths.Length * width];
        for (var row = 0; row < lengths.Length; row++)
            for (var t = 0; t < lengths[row]; t++) ids[row * width + t] = random.Next(SpecialTokens.Padding + 1, vocabulary);
        return tensor(ids, [lengths.Length, width]);
    }

    internal static Tensor Source => Ids(11, 1, 5, 7, 2);

    internal static Tensor Target => Ids(13, 2, 6, 3, 5);

    public static TheoryData<ComputePrecision> Precisions => [ComputePrecision.Float32, ComputePrecision.BFloat16];

    [Theory]
    [MemberData(nameof(Precisions))]
    public void All_modes_give_the_same_loss_and_gradients_bit_for_bit(ComputePrecision precision)
    {
        using var scope = NewDisposeScope();
        var outcomes = Enum.GetValues<BackpropagationMode>().Select(mode =>
        {
            using var model = new EncoderDecoder(Small with { Precision = precision, Dropout = 0.2, Positions = PositionEncoding.Learned, MaxLength = 9, Stack = new() { Mode = mode } }, 1);
            model.train();
            var memory = model.Encode(Source);
            memory.retain_grad();
            var states = model.Decode(Target, memory, Source);
            var loss = model.Project(states[Target.ne(0)]).logsumexp(1).sum();
            loss.backward();
            return model.named_parameters().Select(p => (p.name, p.parameter.grad!)).Append(("loss", loss)).Append(("memory", memory.grad!))
                .Select(p => (Name: p.Item1, Values: p.Item2.reshape(-1).data<float>().ToArray())).ToArray();
        }).ToArray();

        foreach (var other in outcomes.Skip(1))
            foreach (var ((name, a), (_, b)) in outcomes[0].Zip(other)) Assert.True(a.AsSpan().SequenceEqual(b), name);
        Assert.All(outcomes[0], p => Assert.True(p.Values.All(float.IsFinite), p.Name));
    }

    [Fact]
    public void Decoding_step_by_step_gives_what_decoding_at_once_gives()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var model = new EncoderDecoder(Small with { Stack = new() { Quantize = false, Mode = BackpropagationMode.StoreActivations } }, 1);
        model.eval();
        var target = Ids(13, 2, 40, 40, 40);
        var expected = model.Project(model.Decode(target, model.Encode(Source), Source));
        using var state = model.Begin(Source);
        for (var t = 0; t < 40; t++)
        {
            var actual = model.Next(target.select(1, t), state);
            Assert.InRange((actual - expected.select(1, t)).abs().max().item<float>(), 0, 1e-5f);
        }
    }

    [Fact]
    public void State_is_named_once()
    {
        using var model = new EncoderDecoder(Small with { ShareEmbeddings = true, SourceVocabulary = 13 }, 1);
        Assert.Equal(ModuleState.Save(model).Keys.Order(), model.named_parameters().Select(p => p.name).Order());
        Assert.Contains("embed.weight", ModuleState.Save(model).Keys);
    }
}
