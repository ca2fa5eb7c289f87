using Bdia.Core.Numerics;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.SequenceToSequence;

public class TokenBatchTests
{
    private static readonly Gen<(int Rows, int Longest, int Budget, ulong Seed)> Cases =
        Gen.Select(Gen.Int[1, 120], Gen.Int[2, 40], Gen.Int[1, 200], Gen.ULong);

    [Fact]
    public void Every_row_comes_exactly_once_an_epoch_within_the_budget_and_in_the_number_of_batches_told() => Cases.Sample(test =>
    {
        var rows = Rows(test.Rows, test.Longest, test.Seed);
        var plan = new TokenBatchPlan(rows, test.Budget);
        for (var epoch = 0; epoch < 10; epoch++)
        {
            var told = plan.BatchCount(epoch);
            var batches = plan.Shuffled(epoch, test.Seed);
            Assert.Equal(told, batches.Count);
            Assert.Equal(Enumerable.Range(0, test.Rows), batches.SelectMany(batch => batch.Rows).Order());
            foreach (var (batch, _) in batches)
            {
                var tokens = batch.Count * Math.Max(batch.Max(rows.Source.Length), batch.Max(rows.Target.Length));
                Assert.True(tokens <= test.Budget || batch.Count == 1, $"{tokens} tokens in {batch.Count} rows");
            }
        }
    }, iter: 100);

    [Fact]
    public void Batches_depend_on_seed_and_epoch_alone()
    {
        var rows = Rows(200, 20, 3);
        int[][] At(int epoch, ulong seed) => [.. new TokenBatchPlan(rows, 100).Shuffled(epoch, seed).Select(batch => batch.Rows.ToArray())];
        var first = At(4, 7);
        Assert.Equal(first, At(4, 7));
        Assert.NotEqual(first, At(4, 8));
        Assert.NotEqual(first, At(12, 7)); // cut alike, shuffled otherwise
        // Epochs group rows otherwise as well: hardly a batch of one is one of the next.
        var sets = first.Select(batch => string.Join(',', batch.Order())).ToHashSet();
        Assert.InRange(At(5, 7).Count(batch => sets.Contains(string.Join(',', batch.Order()))), 0, first.Length / 10);
    }

    [Fact]
    public void Reading_from_a_later_batch_gives_what_reading_from_the_first_gives_there()
    {
        var rows = Rows(150, 15, 5);
        var source = new TokenBatchSource(rows, new TokenBatchPlan(rows, 64), 9);
        var whole = Read(0);
        Assert.Equal(source.BatchCount(3), whole.Count);
        for (var first = 0; first <= whole.Count; first += 5) Assert.Equal(whole.Skip(first), Read(first));

        List<string> Read(int first) => [.. source.Read(3, first, CancellationToken.None).Select(batch =>
        {
            using (batch) return Show(batch.Source) + Show(batch.Target) + string.Join(' ', batch.Outputs);
        })];
    }

    [Fact]
    public void A_batch_holds_sources_shifted_targets_and_the_places_of_outputs()
    {
        var rows = new SequenceRows(100, 100);
        rows.Add([10, 11, 2], [20, 2]);
        rows.Add([12, 2], [21, 22, 23]); // cut off: no end token
        using var batch = TokenBatchWriter.Write(rows, [1, 0], [1, 0]);
        Assert.Equal("12 2 0 10 11 2 ", Show(batch.Source));
        Assert.Equal("1 21 22 1 20 0 ", Show(batch.Target));
        Assert.Equal("0 1 2 3 4 ", Show(batch.Positions!));
        Assert.Equal([21, 22, 23, 20, 2], batch.Outputs);

        using var full = TokenBatchWriter.Write(rows, [1], [1]);
        Assert.Null(full.Positions);
        Assert.Equal([21, 22, 23], full.Outputs);
    }

    [Fact]
    public void Sorting_leaves_little_padding_where_a_translation_is_about_as_long_as_its_source()
    {
        var random = RandomSequence.At(8);
        var rows = new SequenceRows(10, 10);
        for (var row = 0; row < 3000; row++)
        {
            var length = 3 + random.Next(30);
            rows.Add(new int[length], new int[length + random.Next(5) - 2]);
        }

        var plan = new TokenBatchPlan(rows, 1000);
        for (var epoch = 0; epoch < 8; epoch++) Assert.InRange(plan.PaddingShare(epoch), 0, 0.05); // in a random order: 0.4
    }

    private static SequenceRows Rows(int count, int longest, ulong seed)
    {
        var random = RandomSequence.At(seed);
        var rows = new SequenceRows(1000, 1000);
        for (var row = 0; row < count; row++) rows.Add(Ids(), Ids());
        return rows;

        int[] Ids() => [.. Enumerable.Range(0, random.Next(longest)).Select(i => SpecialTokens.Count + (i * 31 + count) % 900),
            SpecialTokens.End];
    }

    private static string Show(TorchSharp.torch.Tensor ids) => string.Concat(ids.data<long>().Select(id => $"{id} "));
}
