using Bdia.Core.Metrics;

namespace Bdia.Core.Tests.Metrics;

/// <summary>Tokenisers, lower case and word order against the figures of sacreBLEU 2.6.0 (Python 3.11), kept here as constants.</summary>
public class SacreBleuOptionsTests
{
    // What goes through exp and log may differ in the last bits from one C library to the next.
    private const double LastBits = 1e-11;

    private static readonly Case[] All =
    [
        new("Chinese", ["今天的天气非常好，我们去公园吧。", "他买了3.5公斤苹果 (red)。"],
            [["今天天气很好，我们去公园吧。"], ["他买了3.5公斤的苹果（red）。"]],
            Bleu: [0, 55.48549027515585, 26.97022371900737, 58.7324296388226, 0],
            BleuLowerCase: [0, 55.48549027515585, 26.97022371900737, 58.7324296388226, 0],
            Chrf: [53.66103077690342, 45.99516923734578, 45.99516923734578],
                ChrfLowerCase: [53.66103077690342, 45.99516923734578, 45.99516923734578]),
        new("signs that zh takes for Chinese", ["a→b costs 5€ … “yes” ― no"],
            [["a → b costs 5 € … “yes” – no"]],
            Bleu: [10.175282441454787, 82.651681837938, 82.651681837938, 86.63975517813623, 10.175282441454787],
            BleuLowerCase: [10.175282441454787, 82.651681837938, 82.651681837938, 86.63975517813623, 10.175282441454787],
            Chrf: [84.30001679034186, 78.44923346873675, 70.16344335470819],
                ChrfLowerCase: [84.30001679034186, 78.44923346873675, 70.16344335470819]),
        new("punctuation of all scripts", ["«Bonjour», dit-il… “Très bien”! À 3,5 % — ou 1.000.", "٣٫٥ ؟ हाँ। 👍🏽 100."],
            [["« Bonjour » , dit-il … « Très bien » ! À 3,5 % – ou 1.000 .", "“Bonjour”, a dit-il…"], ["٣٫٥؟ हाँ । 👍🏽 100 ."]],
            Bleu: [20.772440055604704, 19.002355477855964, 57.11514834966317, 86.0647300857328, 13.27762385052317],
            BleuLowerCase: [20.772440055604704, 19.002355477855964, 57.11514834966317, 86.0647300857328, 13.27762385052317],
            Chrf: [78.6406031569075, 74.29215607996382, 69.20618999138433],
                ChrfLowerCase: [78.6406031569075, 74.29215607996382, 69.20618999138433]),
        new("case", ["The OLD Mill on İstiklal, ΟΔΟΣ ΣΑΣ Σ.", "ÉTÉ à LA MER"],
            [["the old mill on istiklal, οδος σας σ."], ["Été à la mer", "un été à la MER"]],
            Bleu: [4.910183136256413, 4.910183136256413, 4.910183136256413, 33.33490822329231, 5.341087579952925],
            BleuLowerCase: [72.13989879855205, 72.13989879855205, 72.13989879855205, 92.97031965193489, 62.51943537695183],
            Chrf: [26.37101448617527, 27.43010258146731, 24.00133975878389],
                ChrfLowerCase: [91.51773854716133, 91.7106407777332, 90.66440011425034]),
        new("words with punctuation for chrF++", ["\"Well,\" (he said) - that's it... a/b!", "(hi) ,x 5% 😀 😀! ,"],
            [["\"Well\", (he said) that's it. a/b !"], ["(hi ) , x 5 % 😀 😀 !"]],
            Bleu: [61.993764564805446, 61.993764564805446, 65.08114810203269, 75.5503434058659, 7.2456784026415],
            BleuLowerCase: [61.993764564805446, 61.993764564805446, 65.08114810203269, 75.5503434058659, 7.2456784026415],
            Chrf: [71.96444978737343, 72.47165765080878, 71.22798748332609],
                ChrfLowerCase: [71.96444978737343, 72.47165765080878, 71.22798748332609]),
    ];

    public static TheoryData<string> Names => [.. All.Select(one => one.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public void Bleu_by_every_tokenizer_and_in_lower_case_is_that_of_sacreBLEU(string name)
    {
        var expected = All.Single(one => one.Name == name);
        foreach (var tokenizer in Enum.GetValues<BleuTokenizer>())
        {
            Assert.Equal(expected.Bleu[(int)tokenizer], Score(tokenizer, lowerCase: false), LastBits);
            Assert.Equal(expected.BleuLowerCase[(int)tokenizer], Score(tokenizer, lowerCase: true), LastBits);
        }

        double Score(BleuTokenizer tokenizer, bool lowerCase) =>
            Bleu.Corpus(expected.Hypotheses, expected.References, new() { Tokenizer = tokenizer, LowerCase = lowerCase }).Score;
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Chrf_with_words_and_in_lower_case_is_that_of_sacreBLEU(string name)
    {
        var expected = All.Single(one => one.Name == name);
        for (var order = 0; order < expected.Chrf.Length; order++)
        {
            Assert.Equal(expected.Chrf[order], Score(order, lowerCase: false), LastBits);
            Assert.Equal(expected.ChrfLowerCase[order], Score(order, lowerCase: true), LastBits);
        }

        double Score(int order, bool lowerCase) =>
            Chrf.Corpus(expected.Hypotheses, expected.References, new() { WordOrder = order, LowerCase = lowerCase }).Score;
    }

    [Fact]
    public void Signatures_say_what_was_chosen()
    {
        Assert.Equal("nrefs:1|case:lc|eff:no|tok:intl|smooth:exp|version:2.6.0",
            Bleu.Corpus(["a"], [["a"]], new() { Tokenizer = BleuTokenizer.International, LowerCase = true }).Signature);
        Assert.Equal("nrefs:1|case:mixed|eff:no|tok:zh|smooth:exp|version:2.6.0",
            Bleu.Corpus(["a"], [["a"]], new() { Tokenizer = BleuTokenizer.Chinese }).Signature);
        Assert.Equal("nrefs:1|case:lc|eff:yes|nc:6|nw:2|space:no|version:2.6.0",
            Chrf.Corpus(["a"], [["a"]], new() { WordOrder = 2, LowerCase = true }).Signature);
    }

    [Fact]
    public void Options_out_of_range_are_refused_before_a_row_is_added()
    {
        Assert.Contains("WordOrder is 5", Assert.Throws<ArgumentException>(() => new ChrfStatistics(new() { WordOrder = 5 })).Message,
            StringComparison.Ordinal);
        Assert.Contains("Tokenizer is 9",
            Assert.Throws<ArgumentException>(() => new BleuStatistics(new() { Tokenizer = (BleuTokenizer)9 })).Message,
            StringComparison.Ordinal);
    }

    /// <param name="Bleu">By tokenizer, in the order of <see cref="BleuTokenizer"/>.</param>
    /// <param name="Chrf">With words up to 0, 1 and 2.</param>
    private sealed record Case(
        string Name, string[] Hypotheses, string[][] References, double[] Bleu, double[] BleuLowerCase,
            double[] Chrf, double[] ChrfLowerCase);
}
