using System.Runtime.InteropServices;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using CsCheck;

namespace Bdia.Core.Tests.TextGeneration;

public class WindowPlanTests
{
    private const int Vocabulary = 1000;

    private sealed record Case(int[] Lengths, int Window, int Tokens, ulong Seed, int Parts)
    {
        // Ids that tell text and place.
        public TokenStore Texts
        {
            get
            {
                var store = new TokenStore(Vocabulary);
                for (var text = 0; text < Lengths.Length; text++)
                    store.Add([.. Enumerable.Range(0, Lengths[text]).Select(at => 3 + text * 100 + at)]);
                return store;
            }
        }
    }

    private static readonly Gen<Case> Cases = Gen
        .Select(Gen.Int[1, 90].Array[1, 8], Gen.Int[2, 20], Gen.Int[1, 90], Gen.ULong, Gen.Int[1, 3])
        .Select((lengths, window, tokens, seed, parts) => new Case(lengths, window, tokens, seed, parts));

    [Fact]
    public void Every_epoch_has_every_token_once_in_windows_and_batches_of_the_sizes_asked_for() => Cases.Sample(c =>
    {
        var texts = c.Texts;
        var plan = new WindowPlan(texts, c.Window, c.Tokens, c.Seed, c.Parts);
        foreach (var parts in new[] { plan.Shuffled(0), plan.Shuffled(1), plan.InOrder() })
        {
            var windows = parts.SelectMany(part => part.Windows).ToArray();
            Assert.All(windows, window => Assert.InRange(window.Length, 1, c.Window));
            Assert.Equal(c.Lengths.SelectMany((length, text) => Enumerable.Range(0, length).Select(at => (text, at))),
                windows.SelectMany(one => Enumerable.Range(one.Start, one.Length).Select(at => (one.Text, at))).Order());
            Assert.All(parts, part => Assert.True(part.Windows.Count == 1 || part.Windows.Count * part.Longest <= c.Tokens));
            Assert.All(parts, part => Assert.All(part.Windows, window => Assert.True(window.Length <= part.Longest)));
        }

        Assert.Equal(plan.Shuffled(1).Count, plan.BatchCount(1));
        Assert.Equal(plan.Shuffled(1).SelectMany(part => part.Windows), new WindowPlan(texts, c.Window, c.Tokens, c.Seed, c.Parts)
            .Shuffled(1).SelectMany(part => part.Windows));
    }, iter: 200);

    [Fact]
    public void Long_texts_are_cut_at_other_places_in_each_epoch()
    {
        var plan = new WindowPlan(new Case([90], 20, 400, 1, 1).Texts, 20, 400, 1);
        Assert.True(Enumerable.Range(0, 10).Select(epoch => plan.Windows(epoch)[0].Length).Distinct().Count() > 4);
        Assert.Equal([20, 20, 20, 20, 10], plan.Windows(null).Select(window => window.Length));
    }

    [Fact]
    public void A_batch_reads_the_token_before_each_that_it_writes() => Cases.Sample(c =>
    {
        var texts = c.Texts;
        foreach (var part in new WindowPlan(texts, c.Window, c.Tokens, c.Seed, c.Parts).Shuffled(0))
        {
            using var batch = WindowBatch.Of(texts, part.Windows, part.Longest);
            var ids = MemoryMarshal.Cast<byte, long>(batch.Ids.bytes).ToArray();
            var places = batch.Positions is null ? [.. Enumerable.Range(0, ids.Length).Select(at => (long)at)]
                : MemoryMarshal.Cast<byte, long>(batch.Positions.bytes).ToArray();
            var next = 0;
            for (var row = 0; row < part.Windows.Count; row++)
                for (var t = 0; t < part.Windows[row].Length; t++, next++)
                {
                    var at = part.Windows[row].Start + t;
                    Assert.Equal(row * part.Longest + t, places[next]);
                    Assert.Equal(3 + part.Windows[row].Text * 100 + at, batch.Outputs[next]);
                    Assert.Equal(at == 0 ? SpecialTokens.Start : batch.Outputs[next] - 1, ids[places[next]]);
                }

            Assert.Equal(next, batch.Outputs.Length);
            Assert.Equal(ids.Length - next, ids.Count(id => id == SpecialTokens.Padding));
        }
    }, iter: 100);
}
