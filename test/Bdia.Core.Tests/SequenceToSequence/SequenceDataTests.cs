using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.Architecture;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.SequenceToSequence;

public class SequenceDataTests
{
    private static readonly TokenizerOptions Characters = new() { TokenLevel = TokenLevel.Character, VocabularySize = 300 };
    private static readonly SequenceTrainingOptions Options = new() { Tokenizer = Characters, ValidationFraction = 0 };

    private static SequenceData Read(SequenceTrainingOptions options, ITextPairs train, ITextPairs? validation = null,
        Notes? notes = null, ulong seed = 1)
        => SequenceData.Read(options, seed, train, validation, notes, new StopSignal(null, null, CancellationToken.None),
            TestContext.Current.CancellationToken);

    [Theory]
    [InlineData("", "b")]
    [InlineData("a", "")]
    [InlineData(" \t\u00a0\r\n", "b")]
    [InlineData("a", "\u0000\u0007")]
    [InlineData(null, "b")]
    [InlineData("a", null)]
    public void A_row_with_an_empty_side_is_left_out_and_counted(string? source, string? target)
    {
        var notes = new Notes();
        var data = Read(Options, new Pairs(new("ab", "ba"), new(source!, target!), new("b", "a")), notes: notes);
        Assert.Equal(2, data.Training.Count);
        Assert.Equal(["ab", "b"], Texts(data.Training.Source, data.Source));
        Assert.Equal(["1 of 3 training rows have an empty source or target, and are left out."], notes.Warnings);
    }

    [Fact]
    public void Long_texts_are_cut_and_counted_the_target_without_its_end()
    {
        var notes = new Notes();
        var data = Read(Options with { MaxTokens = 4 }, new Pairs(new("abcdef", "ab"), new("abc", "fedcba"), new("abc", "abc")),
            notes: notes);
        Assert.Equal([["a", "b", "c", "<2>"], ["a", "b", "c", "<2>"], ["a", "b", "c", "<2>"]], Ids(data.Training.Source, data.Source));
        Assert.Equal([["a", "b", "<2>"], ["f", "e", "d", "c"], ["a", "b", "c", "<2>"]], Ids(data.Training.Target, data.Target));
        Assert.Equal(["1 source and 1 target texts of the training rows have more than 4 tokens; their ends are cut off."], notes.Warnings);
    }

    [Fact]
    public void Long_texts_are_an_error_that_names_the_row_where_that_is_wanted()
    {
        var options = Options with { MaxTokens = 4, LongTexts = LongTextPolicy.Throw };
        var fault = Assert.Throws<InvalidDataException>(() => Read(options, new Pairs(new("a", "b"), new("", "b"), new("abc", "abcde"))));
        Assert.StartsWith("The target of row 2 of the training data has 6 tokens, end token included; MaxTokens is 4.",
            fault.Message, StringComparison.Ordinal);
        fault = Assert.Throws<InvalidDataException>(
            () => Read(options, new Pairs(new TextPair("a", "b")), new Pairs(new TextPair("abaaa", "b"))));
        Assert.StartsWith("The source of row 0 of the validation data has 6 tokens", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Held_back_rows_are_neither_trained_on_nor_seen_by_the_tokenizer()
    {
        // a letter of its own in each
        var rows = Enumerable.Range(0, 50).Select(row => new TextPair($"{(char)(0x400 + row)}", "x")).ToArray();
        var data = Read(Options with { ValidationFraction = 0.2, Tokenizer = Characters with { VocabularySize = 1000 } }, new Pairs(rows));
        Assert.Equal((40, 10), (data.Training.Count, data.Validation!.Count));
        var texts = Texts(data.Training.Source, data.Source).Concat(Texts(data.Validation.Source, data.Source));
        Assert.Equal(rows.Select(row => row.Source), texts.Order(StringComparer.Ordinal));
        // two bytes: the letter is unknown
        for (var row = 0; row < data.Validation.Count; row++) Assert.Equal(2 + 1, data.Validation.Source.Length(row));
        Assert.NotEqual(Texts(data.Validation.Source, data.Source),
            Texts(Read(Options with { ValidationFraction = 0.2 }, new Pairs(rows), seed: 2).Validation!.Source, data.Source));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Rows_of_one_source_are_held_back_together(ulong seed)
    {
        // 100 rows; every second source stands twice, as it is or with other white space.
        var rows = Enumerable.Range(0, 100).Select(row => new TextPair(row % 4 == 3 ? $" {row - 1}\t" : $"{row}", $"{row}")).ToArray();
        var notes = new Notes();
        var data = Read(Options with { ValidationFraction = 0.2 }, new Pairs(rows), notes: notes, seed: seed);
        Assert.Equal((80, 20), (data.Training.Count, data.Validation!.Count));
        Assert.Empty(Texts(data.Validation.Source, data.Source).Intersect(Texts(data.Training.Source, data.Source)));
        Assert.Empty(notes.Warnings);
        Assert.Contains("ValidationRows.By", data.Hashes.Keys);
        Assert.DoesNotContain("ValidationRows.By",
            Read(Options with { ValidationFraction = 0.2 }, new Pairs([.. rows.DistinctBy(row => row.Source.Trim())])).Hashes.Keys);
    }

    [Fact]
    public void Where_sources_cannot_be_parted_the_share_that_is_on_both_sides_is_told()
    {
        var notes = new Notes();
        var data = Read(Options with { ValidationFraction = 0.1 },
            new Pairs([.. Enumerable.Range(0, 40).Select(row => new TextPair(row < 20 ? "a" : "b", $"{row}"))]), notes: notes);
        Assert.Equal((36, 4), (data.Training.Count, data.Validation!.Count));
        Assert.StartsWith("4 of 4 validation rows (100.0 %) have a source that is trained on as well",
            Assert.Single(notes.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void Validation_rows_of_their_own_whose_source_is_trained_on_are_counted()
    {
        var notes = new Notes();
        Read(Options, new Pairs(new("a", "b"), new("c", "d")),
            new Pairs(new(" a ", "x"), new("e", "y"), new("", "b"), new("A", "b"), new("c", "d")), notes: notes);
        Assert.Contains(notes.Warnings,
            note => note.StartsWith("2 of 4 validation rows (50.0 %) have a source that is trained on as well", StringComparison.Ordinal));
    }

    [Fact]
    public void Targets_have_room_when_they_are_written_and_a_quarter_more()
    {
        Assert.Equal(50, Read(Options, new Pairs(new("abc", "ab"), new("a", "abcdef"))).MaxLengthConstant);
        var pairs = new Pairs(new("K7", new string('x', 87)), new("abc", "d"));
        Assert.Equal(107, Read(Options, pairs).MaxLengthConstant); // 88 tokens for 3: 85, and a quarter
        Assert.Equal(109, Read(Options with { Decoding = new() { MaxLengthRatio = 0.5 } }, pairs).MaxLengthConstant);
        Assert.Equal(50, Read(Options with { MaxTokens = 20 }, pairs).MaxLengthConstant); // as they are cut
        Assert.Equal(107, Read(Options, pairs).Decoding(Options).MaxLengthConstant);
        Assert.Equal(7, Read(Options, pairs).Decoding(Options with { Decoding = new() { MaxLengthConstant = 7 } }).MaxLengthConstant);
    }

    [Fact]
    public void The_share_of_tokens_that_stand_for_what_is_lost_is_told()
    {
        var notes = new Notes();
        var pieces = TextTokenizer.FromSentencePiece(
            Path.Combine(SourceTree.Root, "test", "Bdia.Core.Tests", "Text", "SentencePieceModels", "char.model"));
        Read(Options with { SourceTokenizer = pieces }, new Pairs(new TextPair("the \u2603\u2603 mill", "b")), notes: notes);
        // _ t h e _ <unk> _ mill, and the end token
        Assert.StartsWith("1 of 9 source tokens of the training rows (11.11 %) stand for text that the tokenizer cannot write",
            Assert.Single(notes.Warnings), StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_row_is_trained_on_and_two_are_parted()
    {
        var options = Options with { ValidationFraction = 0.9 };
        var single = Read(options, new Pairs(new("", ""), new("ab", "ba")));
        Assert.Equal(1, single.Training.Count);
        Assert.Null(single.Validation);
        var two = Read(options, new Pairs(new("ab", "ba"), new("b", "a")));
        Assert.Equal((1, 1), (two.Training.Count, two.Validation!.Count));
    }

    [Fact]
    public void References_are_the_normalised_text_of_the_first_validation_rows()
    {
        var options = Options with { BleuRows = 2, Tokenizer = Characters with { Normalization = new() { LowerCase = true } } };
        var data = Read(options, new Pairs(new TextPair("a", "b")),
            new Pairs(new("a", " A  b "), new("", "c"), new("a", "D"), new("a", "e")));
        Assert.Equal(["a b", "d"], data.References);
        Assert.Equal(3, data.Validation!.Count);
    }

    [Fact]
    public void Tokenizers_are_joint_separate_or_those_given()
    {
        var pairs = new Pairs(new("aa", "bb"), new("aa", "bb"));
        var joint = Read(Options, pairs);
        Assert.Same(joint.Source, joint.Target);
        Assert.Equal([1, 1], [joint.Source.Encode("a").Count, joint.Source.Encode("b").Count]);

        var separate = Read(Options with { SharedVocabulary = false, Tokenizer = Characters with { TokenLevel = TokenLevel.Character } },
            new Pairs(new("éé", "àà"), new("éé", "àà")));
        Assert.Equal([1, 2], [separate.Source.Encode("é").Count, separate.Source.Encode("à").Count]);
        Assert.Equal([2, 1], [separate.Target.Encode("é").Count, separate.Target.Encode("à").Count]);

        var half = Read(Options with { TargetTokenizer = joint.Target }, new Pairs(new("éé", "àà"), new("éé", "àà")));
        Assert.Same(joint.Target, half.Target);
        Assert.Equal([1, 2], [half.Source.Encode("é").Count, half.Source.Encode("à").Count]);
    }

    [Fact]
    public void Data_without_a_usable_row_is_an_error()
    {
        Refuses("The training data has no rows; give it at least one.", () => Read(Options, new Pairs()));
        Refuses("The training data has 2 rows, and in each of them the source or the target is empty",
            () => Read(Options, new Pairs(new("", "a"), new("a", " "))));
        Refuses("The validation data has no usable row",
            () => Read(Options, new Pairs(new TextPair("a", "b")), new Pairs(new TextPair("a", ""))));
    }

    [Fact]
    public void Data_that_changes_between_two_passes_is_an_error()
        => Refuses("The data changed between two passes", () => Read(Options, new Changing()));

    [Fact]
    public void A_tokenizer_that_cannot_be_saved_is_refused_before_training()
    {
        var fault = Assert.Throws<ArgumentException>(
            () => Read(Options with { SourceTokenizer = new AlphabetTokenizer("ab") }, new Pairs(new TextPair("ab", "ba"))));
        Assert.StartsWith("SourceTokenizer cannot be saved", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Hashes_tell_texts_and_tokenizers_apart_and_nothing_else()
    {
        var hashes = Read(Options, new Pairs(new("a", "bc"), new("b", "c"))).Hashes;
        Assert.Equal(hashes, Read(Options with { TokensPerBatch = 7 }, new Pairs(new("a", "bc"), new("b", "c"))).Hashes);
        Assert.NotEqual(hashes["TrainingData.SHA-256"],
            Read(Options, new Pairs(new("ab", "c"), new("b", "c"))).Hashes["TrainingData.SHA-256"]);
        Assert.NotEqual(hashes["SourceTokenizer.SHA-256"],
            Read(Options, new Pairs(new("é", "bc"), new("é", "c"))).Hashes["SourceTokenizer.SHA-256"]);
    }

    [Fact]
    public void Any_unicode_control_characters_and_a_long_line_go_through()
    {
        var notes = new Notes();
        var data = Read(Options with { Tokenizer = new() { VocabularySize = 300 } }, new Pairs(
            new("\ud800 lone \udfff", "\ud83d\ude00 \u0301"), new("a\u0000b\u001b", "c"), new(new string('x', 1 << 17), "long")),
                notes: notes);
        Assert.Equal(3, data.Training.Count);
        Assert.Equal("\ufffd lone \ufffd", Texts(data.Training.Source, data.Source)[0]);
        Assert.Equal("a b", Texts(data.Training.Source, data.Source)[1]);
        Assert.Equal(256, data.Training.Source.Longest);
        Assert.Contains(notes.All, note => note.StartsWith("1 source and 0 target texts", StringComparison.Ordinal));
    }

    private sealed class Changing : ITextPairs
    {
        private int passes;

        public IEnumerable<TextPair> Read() => [new TextPair("a", "b"), new TextPair("c", ++passes < 3 ? "d" : "e")];
    }

    private static void Refuses(string text, Action read)
        => Assert.Contains(text, Assert.Throws<InvalidDataException>(read).Message, StringComparison.Ordinal);

    private static int[][] Raw(TokenStore store) => [.. Enumerable.Range(0, store.Count).Select(row =>
    {
        var ids = new long[store.Length(row)];
        store.CopyTo(row, ids);
        return ids.Select(id => (int)id).ToArray();
    })];

    private static string[] Texts(TokenStore store, ITextTokenizer tokenizer)
        => [.. Raw(store).Select(ids => NetworkIds.Text(tokenizer, ids))];

    /// <summary>Each id by itself, as text; special ones in angle brackets.</summary>
    private static string[][] Ids(TokenStore store, ITextTokenizer tokenizer)
        => [.. Raw(store).Select(ids => ids.Select(id => id < SpecialTokens.Count ? $"<{id}>" : NetworkIds.Text(tokenizer, [id]))
            .ToArray())];
}
