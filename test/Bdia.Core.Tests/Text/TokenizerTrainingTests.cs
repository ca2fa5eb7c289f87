using System.Text;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Text;

public class TokenizerTrainingTests
{
    public static TheoryData<TokenLevel> Levels => [.. Enum.GetValues<TokenLevel>()];

    [Fact]
    public void Faults_of_options_are_listed_together()
    {
        var options = new TokenizerOptions { TokenLevel = (TokenLevel)7, VocabularySize = 256, Normalization = null! };
        Assert.Equal(
            "These TokenizerOptions cannot be used. TokenLevel is 7; it must be BytePair, Word, Character or Automatic. VocabularySize "
                + "is 256; it must be 257..1,000,000. Normalization is null; it must be set.",
            Assert.Throws<ArgumentException>(options.Validate).Message);
        new TokenizerOptions { VocabularySize = 257 }.Validate();
        new TokenizerOptions { VocabularySize = 1_000_000 }.Validate();
        Assert.Throws<ArgumentException>(() => Corpus.Train(["a"], new TokenizerOptions { VocabularySize = 1_000_001 }));
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Lines_without_any_text_are_refused(TokenLevel level)
    {
        foreach (var lines in (string[][])[[], [""], [" ", "\t\r\n", null!]])
            Assert.Contains($"None of the {lines.Length} lines",
                Assert.Throws<ArgumentException>(() => Corpus.Train(lines, new TokenizerOptions { TokenLevel = level })).Message,
                StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void One_line_is_enough_and_too_few_pairs_give_fewer_tokens(TokenLevel level)
    {
        var tokenizer = Corpus.Train(["a dog, a dog, ein Hünd, ein Hünd"], new TokenizerOptions { TokenLevel = level });
        Assert.InRange(tokenizer.Size, 257, 280);
        Assert.Equal("quite another text", tokenizer.Decode(tokenizer.Encode("quite another text")));
        Assert.Equal(256, Corpus.Train(["x"], new TokenizerOptions { TokenLevel = level }).Size);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void The_vocabulary_is_no_larger_than_asked_for(TokenLevel level) =>
        Assert.All([257, 258, 270], size =>
            Assert.Equal(size, Corpus.Train(Corpus.Lines(300), new TokenizerOptions { TokenLevel = level, VocabularySize = size }).Size));

    [Theory]
    [MemberData(nameof(Levels))]
    public void Neither_the_order_of_lines_nor_chance_changes_a_tokenizer(TokenLevel level)
    {
        var options = new TokenizerOptions { TokenLevel = level, VocabularySize = 400 };
        var lines = Corpus.Lines(500);
        Assert.Equal(Saved(Corpus.Train(lines, options)), Saved(Corpus.Train(lines.Reverse(), options)));
    }

    [Fact]
    public void Bytes_are_the_first_tokens_and_frequent_pairs_follow()
    {
        // "ab" twelve times, " ab" eight times, then nothing that occurs twice but for the space.
        var tokenizer = Corpus.Train(["ab ab ab", "ab ab ab", "ab ab ab", "ab ab ab"], new TokenizerOptions());
        Assert.Equal(258, tokenizer.Size);
        Assert.Equal("ab", tokenizer.Decode([256]));
        Assert.Equal(" ab", tokenizer.Decode([257]));
        Assert.Equal([256, 257, 257, ' ', 'b'], tokenizer.Encode("ab ab ab b"));
    }

    [Fact]
    public void Words_take_their_space_and_rare_ones_are_written_in_bytes()
    {
        var tokenizer = Corpus.Train(["the dog", "the dog", "the cat"], new TokenizerOptions { TokenLevel = TokenLevel.Word });
        Assert.Equal(["the", " dog"], [tokenizer.Decode([256]), tokenizer.Decode([257])]);
        Assert.Equal([256, 257, .. " cat"u8.ToArray().Select(value => (int)value)], tokenizer.Encode("the dog cat"));
    }

    [Fact]
    public void Characters_of_several_bytes_are_tokens_where_they_recur()
    {
        var tokenizer = Corpus.Train(["été", "日 🙂 🙂"], new TokenizerOptions { TokenLevel = TokenLevel.Character });
        Assert.Equal(258, tokenizer.Size);
        Assert.Equal([256, 't', 256, ' ', 257], tokenizer.Encode("été 🙂"));
        Assert.Equal(Encoding.UTF8.GetBytes("日").Select(value => (int)value), tokenizer.Encode("日"));
    }

    [Fact]
    public void Cancellation_ends_training()
    {
        using var source = new CancellationTokenSource();
        source.Cancel();
        Assert.ThrowsAny<OperationCanceledException>(() => TextTokenizer.Train(Corpus.Lines(10), new TokenizerOptions(), source.Token));
    }

    [Fact]
    public void Lines_are_read_once()
    {
        var read = 0;
        Corpus.Train(Corpus.Lines(100).Select(line => (read++, line).line), new TokenizerOptions());
        Assert.Equal(100, read);
    }

    [Theory]
    [MemberData(nameof(Levels))]
    public void Threads_may_share_a_tokenizer(TokenLevel level)
    {
        var lines = Corpus.Lines(2000, seed: 5);
        var tokenizer = Corpus.Train(Corpus.Lines(500), new TokenizerOptions { TokenLevel = level, VocabularySize = 500 });
        var alone = lines.Select(line => tokenizer.Encode(line).ToArray()).ToArray();
        var fresh = Corpus.Train(Corpus.Lines(500), new TokenizerOptions { TokenLevel = level, VocabularySize = 500 });
        var together = new int[lines.Length][];
        var texts = new string[lines.Length];
        Parallel.For(0, lines.Length,
            new ParallelOptions { MaxDegreeOfParallelism = 8, CancellationToken = TestContext.Current.CancellationToken }, i =>
        {
            together[i] = [.. fresh.Encode(lines[i])];
            texts[i] = fresh.Decode(together[i]);
        });
        Assert.Equal(alone, together);
        Assert.Equal(alone.Select(ids => tokenizer.Decode(ids)), texts);
    }

    private static byte[] Saved(ITextTokenizer tokenizer)
    {
        using var stream = new MemoryStream();
        TextTokenizer.Save(tokenizer, stream);
        return stream.ToArray();
    }

    [Theory]
    [InlineData("the cat sat|the dog sat|a cat ran", "Word")] // 'dog', 'a' and 'ran' of nine words occur once
    [InlineData("one two three|four five six|one", "BytePair")]
    [InlineData("我们去公园，天气很好。|他喜欢读书，每天都读。|你吃饭了吗，我吃过了。", "BytePair")] // signs recur, and no word
    [InlineData("1 2 3|1 2 3", "Word")] // no letter at all
    public void Automatic_takes_words_where_they_recur(string lines, string kind)
    {
        var tokenizer = TextTokenizer.Train(lines.Split('|'), new() { TokenLevel = TokenLevel.Automatic, VocabularySize = 400 },
            TestContext.Current.CancellationToken);
        var same = TextTokenizer.Train(lines.Split('|'), new() { TokenLevel = Enum.Parse<TokenLevel>(kind), VocabularySize = 400 },
            TestContext.Current.CancellationToken);

        Assert.IsType(same.GetType(), tokenizer);
        Assert.All(lines.Split('|'), line => Assert.Equal(same.Encode(line), tokenizer.Encode(line)));
    }
}
