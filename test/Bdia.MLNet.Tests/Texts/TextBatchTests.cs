using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.Texts;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.Texts;

/// <summary>How texts go into a model and come out, row by row, with a stand-in for the network.</summary>
public class TextBatchTests
{
    private static readonly TextColumns columns = new("Source", "PredictedText", "Score", "PredictedTexts", "Scores", "Finished");

    private readonly MLContext context = new();
    private readonly ReversingTranslator translator = new();
    private readonly LogLines log;

    public TextBatchTests() => log = new LogLines(context);

    private BatchedScoringView View(IDataView data, int bestCount = 1, LongTextPolicy longTexts = LongTextPolicy.Truncate,
        int batchSize = 3, ReversingTranslator? by = null)
        => new(data, new TextBatchModel("SequenceToSequence", context, by ?? translator, columns,
            new DecodingOptions { BestCount = bestCount }, longTexts), batchSize);

    private IDataView Texts(params string?[] texts) => Sentences.View(context, [.. texts.Select(text => (text, (string?)null))]);

    private static object[][] Read(IDataView view, params string[] names) => [.. ScoredRows.Of(view, names).Rows];

    [Fact]
    public void Texts_are_decoded_a_batch_at_a_time_and_come_back_in_order()
    {
        var rows = Read(View(Texts("abc", "de", "f", "gh")), "PredictedText", "Score");

        Assert.Equal(["cba", "ed", "f", "hg"], rows.Select(row => row[0]));
        Assert.All(rows, row => Assert.Equal(-1f, row[1]));
        Assert.Equal([3, 1], translator.Calls);
    }

    [Fact]
    public void Whether_an_output_is_finished_is_a_column_and_those_cut_off_are_told_and_counted()
    {
        var cutting = new ReversingTranslator { Longest = 4 };

        Assert.Equal([true, false, true, false],
            Read(View(Texts("abcd", "abcde", "", "fghij"), by: cutting), "Finished").Select(row => row[0]));
        Assert.Equal([true, false, true, false],
            Read(View(Texts("abcd", "abcde", "", "fghij"), bestCount: 2, by: cutting), "Finished").Select(row => row[0]));

        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith("Row 3: the output is as long as it may be", StringComparison.Ordinal));
        Assert.Equal(2, log.Of(ChannelMessageKind.Warning).Count(line => line.StartsWith("2 rows had outputs that were cut "
            + "off", StringComparison.Ordinal) && line.Contains("MaxLengthConstant", StringComparison.Ordinal)));
    }

    [Fact]
    public void A_model_from_before_there_was_that_column_does_without()
    {
        var view = new BatchedScoringView(Texts("abc"),
            new TextBatchModel("SequenceToSequence", context, translator, columns with { Finished = null },
            new DecodingOptions { BestCount = 2 }, LongTextPolicy.Truncate), 3);

        Assert.Equal(["Source", "Target", "Number", "PredictedText", "Score", "PredictedTexts", "Scores"],
            view.Schema.Select(column => column.Name));
        var row = Read(view, "PredictedText", "Scores")[0];
        Assert.Equal(("cba", 2), (row[0], ((float[])row[1]).Length));
    }

    [Fact]
    public void Log_probabilities_of_tokens_are_a_column_where_it_is_asked_for_one_for_each_token()
    {
        var view = new BatchedScoringView(Texts("abc", "", "d"), new TextBatchModel("SequenceToSequence", context, translator,
            columns with { TokenLogProbabilities = "Tokens" }, new DecodingOptions(), LongTextPolicy.Truncate), 3);

        Assert.Equal("Vector<Single>", view.Schema["Tokens"].Type.ToString());
        Assert.Equal([[-0.5f, -1.5f, -2.5f, -0.25f], [], [-0.5f, -0.25f]], Read(view, "Tokens").Select(row => (float[])row[0]));
        Assert.Null(View(Texts("abc")).Schema.GetColumnOrNull("Tokens"));
    }

    [Fact]
    public void A_writer_that_needs_nothing_to_read_gets_rows_without_text_too()
    {
        var writer = new ReversingTranslator { WritesFromNothing = true };

        Read(View(Texts("abc", "", " "), by: writer), "PredictedText");

        Assert.Equal([3], writer.Calls);
        Assert.DoesNotContain(log.Of(ChannelMessageKind.Warning), line => line.Contains("had no text", StringComparison.Ordinal));
    }

    [Fact]
    public void Nothing_is_decoded_unless_an_output_is_asked_for()
    {
        var view = View(Texts("abc", "de"));

        Read(view, "Source", "Number");
        using (var cursor = view.GetRowCursor(view.Schema))
        {
            while (cursor.MoveNext())
            {
            }
        }

        Assert.Empty(translator.Calls);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("  \t ")]
    [InlineData("\u0000\u0007")]
    public void A_row_without_text_gets_an_empty_one_with_score_0_and_is_counted(string? text)
    {
        var rows = Read(View(Texts("abc", text, "de"), bestCount: 2), "PredictedText", "Score", "PredictedTexts", "Scores");

        Assert.Equal(["cba", "", "ed"], rows.Select(row => row[0]));
        Assert.Equal([-1f, 0f, -1f], rows.Select(row => row[1]));
        Assert.Equal(["", ""], (string[])rows[1][2]);
        Assert.Equal([0, float.NaN], (float[])rows[1][3]);
        Assert.Equal([2], translator.Calls);
        Assert.Contains(log.Of(ChannelMessageKind.Warning), line => line.StartsWith("Row 1: the text is ", StringComparison.Ordinal)
            && line.EndsWith("The row is given an empty prediction with score 0.", StringComparison.Ordinal));
        Assert.Single(log.Of(ChannelMessageKind.Warning), "1 row had no text and was given an empty prediction with score 0.");
    }

    [Fact]
    public void A_batch_without_any_text_is_not_decoded()
    {
        Assert.Equal(["", ""], Read(View(Texts("", " ")), "PredictedText").Select(row => row[0]));

        Assert.Empty(translator.Calls);
    }

    [Fact]
    public void Long_texts_are_read_as_far_as_the_model_reads_and_counted()
    {
        Read(View(Texts("abcdefghi", "abcdefghij", "abc")), "PredictedText");

        Assert.Equal(["Row 1: the text has 11 tokens, but the model reads at most 10. The row is read up to that length.", "1 row had "
            + "more tokens than the model reads and was read up to that length."],
            log.Of(ChannelMessageKind.Warning));
    }

    [Fact]
    public void Or_they_end_the_run_at_their_row_with_the_remedy()
    {
        var view = View(Texts("abc", "abcdefghij", "abc"), longTexts: LongTextPolicy.Throw);
        using var cursor = view.GetRowCursor(view.Schema);
        var read = ScoredRows.Reader(cursor, view.Schema["PredictedText"]);

        Assert.True(cursor.MoveNext());
        Assert.Equal("cba", read());
        var fault = Assert.Throws<InvalidDataException>(() => cursor.MoveNext());
        Assert.Equal("Row 1: the text has 11 tokens, but the model reads at most 10. Shorten the text, or let the model cut off what is "
            + "too long: LongTexts = LongTextPolicy.Truncate.", fault.Message);
    }

    [Fact]
    public void Several_texts_per_row_are_vectors_best_first_and_what_was_not_found_is_missing()
    {
        var rows = Read(View(Texts("abc"), bestCount: 4, by: new ReversingTranslator { Finds = 3 }), "PredictedText",
            "Score", "PredictedTexts", "Scores");

        Assert.Equal(["cba", -1f], rows[0][..2]);
        Assert.Equal(["cba", "cba1", "cba2", ""], (string[])rows[0][2]);
        Assert.Equal([-1, -2, -3, float.NaN], (float[])rows[0][3]);
    }

    [Fact]
    public void The_vectors_have_as_many_slots_as_texts_were_asked_for()
    {
        var schema = View(Texts("abc"), bestCount: 4).Schema;

        Assert.Equal("Vector<String, 4>", schema["PredictedTexts"].Type.ToString());
        Assert.Equal("Vector<Single, 4>", schema["Scores"].Type.ToString());
        Assert.Null(View(Texts("abc")).Schema.GetColumnOrNull("Scores"));
    }

    [Fact]
    public void Columns_tell_what_they_are()
    {
        var column = View(Texts("abc")).Schema["Score"];
        ReadOnlyMemory<char> kind = default;
        column.Annotations.GetValue(ScoreColumns.ColumnKind, ref kind);

        Assert.Equal("SequenceToSequence", kind.ToString());
    }
}
