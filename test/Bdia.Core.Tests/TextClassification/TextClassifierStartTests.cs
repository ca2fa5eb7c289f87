using Bdia.Core.Models;
using Bdia.Core.Tests.SequenceToSequence;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using TorchSharp;

namespace Bdia.Core.Tests.TextClassification;

public class TextClassifierStartTests
{
    private static readonly Lazy<TextClassifier> Trained = new(() => TextClassifierTraining.Run(
        ToyTexts.Tiny, ToyTexts.Short, ToyTexts.Words, new ToyTexts(60)));

    private static Dictionary<string, float[]> Values(torch.nn.Module network)
        => network.named_parameters().ToDictionary(item => item.name, item => item.parameter.data<float>().ToArray());

    [Fact]
    public void A_classifier_s_weights_are_gone_on_with_and_its_tokenizer_kept()
    {
        var start = TextClassifierStart.From(Trained.Value, null);
        using var network = start.Network(start.Sizes, seed: 9);
        Assert.Equal(Values(Trained.Value.Model), Values(network));

        using var further = TextClassifierTraining.Run(start.Sizes,
            ToyTexts.Short with { Epochs = 1, LearningRate = 1e-9, WeightDecay = 0 }, ToyTexts.Words,
            new ToyTexts(60, seed: 4), start: start, cancellation: TestContext.Current.CancellationToken);

        Assert.Same(Trained.Value.Tokenizer, further.Tokenizer);
        Assert.Equal(Values(Trained.Value.Model)["embed.weight"], Values(further.Model)["embed.weight"], (a, b) => Math.Abs(a - b) < 1e-6);
        Assert.NotSame(Trained.Value.Model, further.Model);
    }

    [Fact]
    public void Rows_of_the_head_are_kept_by_class_and_others_drawn()
    {
        var there = Values(Trained.Value.Model);
        var start = TextClassifierStart.From(Trained.Value, [1, -1, 0]);
        using var network = start.Network(start.Sizes, seed: 9);
        var (head, width) = (Values(network)["head.weight"], ToyTexts.Tiny.Width);

        Assert.Equal(3, network.Options.Classes);
        Assert.Equal(there["head.weight"][width..], head[..width]);
        Assert.Equal(there["head.weight"][..width], head[(2 * width)..]);
        Assert.DoesNotContain(head[width..(2 * width)], value => there["head.weight"].Contains(value));
        Assert.Equal(there["encoder.0.attn.qkv.weight"], Values(network)["encoder.0.attn.qkv.weight"]);
        Assert.Throws<ArgumentException>(() => TextClassifierStart.From(Trained.Value, [2]));
    }

    [Theory]
    [InlineData(true, PositionEncoding.Sinusoidal)]
    [InlineData(false, PositionEncoding.Learned)]
    public void The_encoder_of_a_translator_becomes_a_classifier_s(bool share, PositionEncoding positions)
    {
        var tokenizer = TextTokenizer.Train(["ab cd", "ab cd"], new() { TokenLevel = TokenLevel.Word },
            TestContext.Current.CancellationToken);
        using var translator = new EncoderDecoder(new()
        {
            SourceVocabulary = tokenizer.Size + SpecialTokens.Count, TargetVocabulary = tokenizer.Size + SpecialTokens.Count,
            ShareEmbeddings = share, Positions = positions, Width = 12, Heads = 3, EncoderDepth = 2, DecoderDepth = 1,
            FeedForwardWidth = 20, MaxLength = 30,
        }, 1);
        var start = TextClassifierStart.From(translator, tokenizer);
        using var network = start.Network(start.Sizes with { Classes = 5 }, seed: 9);
        var (from, to) = (Values(translator), Values(network));

        Assert.Equal(from[share ? "embed.weight" : "source_embed.weight"], to["embed.weight"]);
        if (positions == PositionEncoding.Learned) Assert.Equal(from["source_positions.weight"], to["positions.weight"]);
        Assert.All(to.Where(item => item.Key.StartsWith("encoder", StringComparison.Ordinal)),
            item => Assert.Equal(from[item.Key], item.Value));
        Assert.Equal(5 * 12, to["head.weight"].Length);
    }

    [Fact]
    public void A_network_of_other_sizes_is_refused_with_all_of_them()
    {
        var start = TextClassifierStart.From(Trained.Value, null);
        var message = Assert.Throws<ArgumentException>(
            () => start.Network(start.Sizes with { Width = 32, Depth = 5, Positions = PositionEncoding.Learned }, 1)).Message;

        foreach (var part in new[] { "Width is 32; it must be 16, as in the initial weights", "Depth is 5", "Positions is Learned" })
            Assert.Contains(part, message, StringComparison.Ordinal);
        var other = TextTokenizer.Train(["ab", "ab"], new(), TestContext.Current.CancellationToken);
        Assert.Contains("leave Tokenizer unset", Assert.Throws<ArgumentException>(() => TextClassifierTraining.Run(ToyTexts.Tiny,
            ToyTexts.Short, ToyTexts.Words with { Tokenizer = other }, new ToyTexts(20), start: start,
            cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }
}
