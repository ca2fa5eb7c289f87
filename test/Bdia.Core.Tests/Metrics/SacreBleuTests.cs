using Bdia.Core.Metrics;

namespace Bdia.Core.Tests.Metrics;

/// <summary>Figures against those of sacreBLEU 2.6.0, kept here as constants.</summary>
public class SacreBleuTests
{
    // What goes through exp and log may differ in the last bits from one C library to the next; all else is equal in every bit.
    private const double LastBits = 1e-11;

    public static TheoryData<string> Cases => SacreBleuCase.Names;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Bleu_and_all_it_is_made_of_are_those_of_sacreBLEU(string name)
    {
        var expected = SacreBleuCase.Named(name);
        var score = Bleu.Corpus(expected.Hypotheses, expected.References);
        Assert.Equal(expected.Bleu, score.Score, LastBits);
        Assert.Equal(expected.Precisions, score.Precisions);
        Assert.Equal(expected.BrevityPenalty, score.BrevityPenalty, LastBits);
        Assert.Equal((expected.HypothesisLength, expected.ReferenceLength), (score.HypothesisLength, score.ReferenceLength));
        Assert.Equal($"nrefs:{expected.ReferenceCount}|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0", score.Signature);
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Chrf_is_that_of_sacreBLEU(string name)
    {
        var expected = SacreBleuCase.Named(name);
        var score = Chrf.Corpus(expected.Hypotheses, expected.References);
        Assert.Equal(expected.Chrf, score.Score);
        Assert.Equal($"nrefs:{expected.ReferenceCount}|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0", score.Signature);
    }

    [Theory]
    [InlineData(1, 32.237820506287974, 4053, 41.52776929051598)]
    [InlineData(2, 45.22388027641722, 4050, 47.69240206254225)]
    public void Figures_of_a_generated_corpus_are_those_of_sacreBLEU(int references, double bleu, long referenceLength, double chrf)
    {
        var (hypotheses, all) = Generated();
        string[][] kept = [.. all.Select(row => row[..references])];

        var score = Bleu.Corpus(hypotheses, kept);

        Assert.Equal(bleu, score.Score, LastBits);
        Assert.Equal((1, 4070, referenceLength), (score.BrevityPenalty, score.HypothesisLength, score.ReferenceLength));
        Assert.Equal(chrf, Chrf.Corpus(hypotheses, kept).Score);
    }

    /// <summary>
    /// 300 rows of words drawn by a generator that any language has: each text is the same draw with a quarter of its words drawn anew.
    /// </summary>
    private static (string[] Hypotheses, string[][] References) Generated()
    {
        var words = "a of to in the cat dog saw ran red old 5 1.5 2,000 , . ; - \" ' é ß 猫 😀 e\u0301 &amp; .5 7- x.".Split(' ');
        var state = 12345L;
        var rows = Enumerable.Range(0, 300).Select(_ => Row()).ToArray();
        return ([.. rows.Select(row => row[0])], [.. rows.Select(row => row[1..])]);

        int Next(int bound) => (int)(((state = (state * 1103515245 + 12345) % (1L << 31)) >> 8) % bound);
        string Word() => words[Next(words.Length)];
        string[] Row()
        {
            var drawn = new string[Next(25)];
            for (var i = 0; i < drawn.Length; i++) drawn[i] = Word();
            return [.. Enumerable.Range(0, 3).Select(_ => string.Join(' ', drawn.Select(word => Next(4) == 0 ? Word() : word).ToArray()))];
        }
    }
}
