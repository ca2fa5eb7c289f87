using Bdia.Core.Metrics;

namespace Bdia.Core.Tests.Metrics;

/// <summary>What BLEU and chrF have in common: rows in, score out, and errors.</summary>
public class CorpusTests
{
    private static readonly string[] Hypotheses = ["A heron waits.", "Rain again tomorrow, they say.", ""];
    private static readonly string[][] References = [["The heron waits."], ["Rain again, they say."], ["Nobody came."]];

    [Fact]
    public void Rows_one_by_one_give_the_score_of_the_corpus_and_may_go_on_after_it()
    {
        var bleu = new BleuStatistics();
        var chrf = new ChrfStatistics();
        for (var rows = 1; rows <= Hypotheses.Length; rows++)
        {
            bleu.Add(Hypotheses[rows - 1], References[rows - 1]);
            chrf.Add(Hypotheses[rows - 1], References[rows - 1]);

            Assert.Equal((rows, rows), (bleu.Rows, chrf.Rows));
            var whole = Bleu.Corpus(Hypotheses[..rows], References[..rows]);
            Assert.Equivalent(whole, bleu.Score(), strict: true);
            Assert.Equal(Chrf.Corpus(Hypotheses[..rows], References[..rows]), chrf.Score());
        }
    }

    [Fact]
    public void References_may_be_given_one_by_one()
    {
        var listed = new BleuStatistics();
        listed.Add("a b c d e", ["a b c d f", "b c d e"]);
        var spread = new BleuStatistics();
        spread.Add("a b c d e", "a b c d f", "b c d e");
        Assert.Equivalent(listed.Score(), spread.Score(), strict: true);
    }

    [Fact]
    public void A_faulty_row_is_named_and_leaves_the_sums_as_they_were()
    {
        var bleu = new BleuStatistics();
        var chrf = new ChrfStatistics();
        bleu.Add(Hypotheses[0], References[0]);
        chrf.Add(Hypotheses[0], References[0]);
        var (bleuBefore, chrfBefore) = (bleu.Score(), chrf.Score());

        foreach (var add in new Action<string, string[]>[] { bleu.Add, chrf.Add })
        {
            Assert.Contains("output of row 1 is null", Assert.Throws<ArgumentNullException>("hypothesis", () => add(null!, ["x"])).Message);
            Assert.Contains("references of row 1 are null",
                Assert.Throws<ArgumentNullException>("references", () => add("x", null!)).Message);
            Assert.Contains("Row 1 has no reference", Assert.Throws<ArgumentException>("references", () => add("x", [])).Message);
            Assert.Contains("Reference 2 of row 1 is null",
                Assert.Throws<ArgumentException>("references", () => add("x", ["y", "z", null!])).Message);
        }

        Assert.Equal((1, 1), (bleu.Rows, chrf.Rows));
        Assert.Equivalent(bleuBefore, bleu.Score(), strict: true);
        Assert.Equal(chrfBefore, chrf.Score());
    }

    [Fact]
    public void A_corpus_that_is_none_is_said_to_be_so()
    {
        foreach (var score in new Action<string[], string[][]>[] { (h, r) => Bleu.Corpus(h, r), (h, r) => Chrf.Corpus(h, r) })
        {
            Assert.Throws<ArgumentNullException>("hypotheses", () => score(null!, References));
            Assert.Throws<ArgumentNullException>("references", () => score(Hypotheses, null!));
            Assert.Contains("no outputs", Assert.Throws<ArgumentException>("hypotheses", () => score([], [])).Message);
            Assert.Contains("3 outputs and 2 lists",
                Assert.Throws<ArgumentException>("references", () => score(Hypotheses, References[1..])).Message);
            Assert.Contains("row 1", Assert.Throws<ArgumentNullException>("references", () => score(["a", "b"], [["a"], null!])).Message);
            Assert.Contains("row 1", Assert.Throws<ArgumentNullException>("hypothesis", () => score(["a", null!], [["a"], ["b"]])).Message);
        }
    }

    [Fact]
    public void Without_a_row_there_is_no_score()
    {
        Assert.Throws<InvalidOperationException>(() => new BleuStatistics().Score());
        Assert.Throws<InvalidOperationException>(() => new ChrfStatistics().Score());
    }

    [Fact]
    public void A_text_of_a_million_characters_is_scored()
    {
        var text = string.Concat(Enumerable.Range(0, 150_000).Select(i => $"{i * 7919L % 100_003} "));
        Assert.InRange(text.Length, 850_000, 1_000_000);
        Assert.Equal(100, Bleu.Corpus([text], [[text]]).Score, 1e-11); // exp and log
        Assert.Equal(100, Chrf.Corpus([text], [[text]]).Score);
    }
}
