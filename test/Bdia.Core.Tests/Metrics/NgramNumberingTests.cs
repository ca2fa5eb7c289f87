using Bdia.Core.Metrics;
using CsCheck;

namespace Bdia.Core.Tests.Metrics;

public class NgramNumberingTests
{
    private const int MaxOrder = 6;

    /// <summary>Few symbols, so that n-grams repeat; some texts shorter than the order.</summary>
    private static readonly Gen<int[][]> Texts = Gen.Int[0, 3].Array[0, 30].Array[2, 4];

    [Fact]
    public void Matches_are_those_of_n_grams_counted_as_text() => Texts.Sample(texts =>
    {
        var numbering = new NgramNumbering(texts);
        for (var order = 1; order <= MaxOrder; order++)
        {
            numbering.Lengthen();
            Assert.Equal(order, numbering.Order);
            for (var t = 0; t < texts.Length; t++) Assert.Equal(Written(texts[t], order).Values.Sum(), numbering.Ngrams(t));

            var first = Written(texts[0], order);
            var second = Written(texts[1], order);
            Assert.Equal(first.Sum(ngram => Math.Min(ngram.Value, second.GetValueOrDefault(ngram.Key))),
                NgramNumbering.Matches(numbering.Counts(0), numbering.Counts(1)));
        }
    });

    [Fact]
    public void Every_text_has_its_own_counts_of_the_same_n_grams() => Texts.Sample(texts =>
    {
        var numbering = new NgramNumbering(texts);
        for (var order = 1; order <= MaxOrder; order++)
        {
            numbering.Lengthen();
            var written = texts.Select(text => Written(text, order)).ToArray();
            var expected = written.SelectMany(counts => counts.Keys).Distinct()
                .Select(ngram => string.Join(',', written.Select(counts => counts.GetValueOrDefault(ngram))));
            var counts = Enumerable.Range(0, texts.Length).Select(numbering.Counts).ToArray();
            var actual = Enumerable.Range(0, counts[0].Length).Select(n => string.Join(',', counts.Select(c => c[n])));
            Assert.Equal(expected.Order(StringComparer.Ordinal), actual.Order(StringComparer.Ordinal));
        }
    });

    private static Dictionary<string, int> Written(int[] text, int order) =>
        Enumerable.Range(0, Math.Max(0, text.Length - order + 1)).CountBy(i => string.Join(' ', text[i..(i + order)])).ToDictionary();
}
