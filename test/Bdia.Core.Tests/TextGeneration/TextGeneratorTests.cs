using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.TextGeneration;

public sealed class TextGeneratorTests : IDisposable
{
    private static readonly ITextTokenizer Words = TextTokenizer.Train(["one two three four five", "two one two one"],
        new TokenizerOptions { VocabularySize = 290, Normalization = new() { CollapseWhiteSpace = false } },
        TestContext.Current.CancellationToken);

    private readonly TextGenerator generator = new(Stacks.Spread(new LanguageModel(ToyTexts.Model with
    {
        Vocabulary = NetworkIds.Vocabulary(Words), Stack = new() { FractionBits = 16 },
    }, 1), 0.2), Words, new() { BeamSize = 2, MaxLengthConstant = 8 });

    public void Dispose() => generator.Dispose();

    [Fact]
    public void What_it_foresees_is_judged_token_by_token_in_windows()
    {
        string[] texts = ["one two three", "", string.Join(' ', Enumerable.Repeat("four five é", 12))];
        var (sum, tokens) = (0.0, 0);
        using (NewDisposeScope())
        using (no_grad())
        {
            foreach (var text in texts.Where(text => text.Length > 0))
            {
                int[] ids = [SpecialTokens.Start, .. NetworkIds.Of(Words, text)];
                for (var start = 0; start < ids.Length - 1; start += 24)
                {
                    var window = ids.Skip(start).Take(25).Select(id => (long)id).ToArray();
                    var logits = generator.Model.Project(generator.Model.Read(tensor(window[..^1]).unsqueeze(0)));
                    sum -= logits[0].to(float64).log_softmax(1).gather(1, tensor(window[1..]).unsqueeze(1)).sum().item<double>();
                    tokens += window.Length - 1;
                }
            }
        }

        var found = generator.Judge(texts, TestContext.Current.CancellationToken);
        Assert.Equal((tokens, 2L), (found.Tokens, found.Texts));
        Assert.Equal(texts.Sum(text => System.Text.Encoding.UTF8.GetByteCount(text)), found.Bytes);
        // Windows together instead of one by one: float roundings, which the grid may turn into a step of 2^-16.
        Assert.Equal(sum, found.LossSum, 1e-3 * tokens);
        Assert.Equal(Math.Exp(found.LossSum / tokens), found.Perplexity, 1e-9 * found.Perplexity);
        Assert.Equal(found.LossSum / Math.Log(2) / found.Bytes, found.BitsPerByte, 12);
        Assert.Throws<InvalidDataException>(() => generator.Judge(["", null], TestContext.Current.CancellationToken));
    }

    [Fact]
    public void A_continuation_is_what_follows_the_prompt_and_its_end_is_read_where_it_is_too_long()
    {
        var options = new DecodingOptions { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 6 };
        var ids = Words.Encode("one two three");
        var written = Decoder.Decode(generator.Model, [new DecodingInput([], [.. ids.Select(id => id + SpecialTokens.Count)])], options,
            TestContext.Current.CancellationToken)[0][0];
        var found = generator.Continue(["one two three", null, ""], options, TestContext.Current.CancellationToken);
        Assert.Equal(Words.Decode([.. ids, .. written.Ids.Select(id => id - SpecialTokens.Count)]), "one two three" + found[0][0].Text);
        Assert.Equal(written.Score, found[0][0].Score, 1e-4); // rows beside it
        Assert.Equal(found[1][0].Text, found[2][0].Text);

        Assert.Equal(18, generator.LongestPrompt(options)); // of 24 places
        Assert.Equal(12, generator.LongestPrompt(options with { MaxLengthConstant = 100 }));
        var longPrompt = string.Concat(Enumerable.Repeat("one two ", 30));
        var end = Words.Decode(Words.Encode(longPrompt).TakeLast(18));
        Assert.Equal(generator.Continue([end], options, TestContext.Current.CancellationToken)[0][0].Score,
            generator.Continue([longPrompt], options, TestContext.Current.CancellationToken)[0][0].Score, 1e-4);
    }

    [Fact]
    public void Stop_texts_prefix_and_unwanted_texts_hold_for_what_is_written()
    {
        var options = new DecodingOptions
        {
            Sample = true, BestCount = 20, MaxLengthRatio = 0, MaxLengthConstant = 12, Prefix = "two", StopTexts = ["e"],
            UnwantedTexts = ["o"],
        };
        foreach (var one in generator.Continue(["one ", "f"], options, TestContext.Current.CancellationToken).SelectMany(found => found))
        {
            Assert.StartsWith("two", one.Text, StringComparison.Ordinal);
            Assert.DoesNotContain('e', one.Text[3..]);
            Assert.DoesNotContain('o', one.Text[3..]);
        }
    }

    [Fact]
    public void What_is_saved_and_loaded_writes_and_judges_the_same_bits()
    {
        using var weights = new MemoryStream();
        generator.SaveWeights(weights);
        weights.Position = 0;
        using var loaded = TextGenerator.Load(weights, generator.ToJson());
        var cancellation = TestContext.Current.CancellationToken;
        Assert.Equal(generator.Decoding, loaded.Decoding);
        Assert.Equal(generator.Continue(["one", "two f"], cancellation: cancellation).SelectMany(found => found).Select(one => one.Score),
            loaded.Continue(["one", "two f"], cancellation: cancellation).SelectMany(found => found).Select(one => one.Score));
        Assert.Equal(generator.Judge(["one two"], cancellation), loaded.Judge(["one two"], cancellation));
    }

    [Fact]
    public void A_description_that_is_damaged_or_of_another_version_is_refused()
    {
        using var weights = new MemoryStream();
        generator.SaveWeights(weights);
        foreach (var json in new[] { "{}", "[1]", "x", generator.ToJson().Replace("\"FormatVersion\": 1", "\"FormatVersion\": 9",
            StringComparison.Ordinal), generator.ToJson().Replace("\"Width\": 16", "\"Width\": 18", StringComparison.Ordinal) })
        {
            weights.Position = 0;
            Assert.Throws<InvalidDataException>(() => TextGenerator.Load(weights, json).Dispose());
        }
    }
}
