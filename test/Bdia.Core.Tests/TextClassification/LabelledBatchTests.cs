using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using CsCheck;

namespace Bdia.Core.Tests.TextClassification;

public class LabelledBatchTests
{
    private static readonly Gen<LabelledTokens> Rows = Gen.Int[1, 9].List[1, 400].Select(lengths =>
    {
        var rows = new LabelledTokens(50);
        foreach (var length in lengths) rows.Add([.. Enumerable.Range(3, length), SpecialTokens.End], length % 2);
        return rows;
    });

    [Fact]
    public void Every_row_is_in_one_batch_of_an_epoch_and_the_number_of_batches_is_known()
        => Gen.Select(Rows, Gen.Int[1, 20], Gen.Int[1, 4], Gen.Int[0, 3], Gen.ULong).Sample((rows, batch, together, epoch, seed) =>
        {
            var plan = new LabelledBatchPlan(rows, batch, together);
            var batches = plan.Shuffled(epoch, seed).ToList();

            Assert.Equal(plan.BatchCount, batches.Count);
            Assert.Equal(Enumerable.Range(0, rows.Count), batches.SelectMany(part => part.Rows).Order());
            Assert.All(batches, part => Assert.InRange(part.Rows.Count, 1, batch));
            Assert.All(batches, part => Assert.Subset(part.Step.ToHashSet(), part.Rows.ToHashSet()));
            Assert.Equal(Enumerable.Range(0, rows.Count), plan.InOrder().SelectMany(part => part).Order());
        });

    [Fact]
    public void The_rows_of_a_step_are_the_same_however_it_is_cut()
        => Gen.Select(Rows, Gen.Int[1, 8], Gen.Int[1, 5], Gen.ULong).Sample((rows, batch, parts, seed) =>
        {
            var whole = new LabelledBatchPlan(rows, batch * parts, 1).Shuffled(2, seed).Select(part => part.Rows.ToArray()).ToList();
            var cut = new LabelledBatchPlan(rows, batch, parts).Shuffled(2, seed).ToList();

            Assert.Equal(whole.SelectMany(step => step), cut.SelectMany(part => part.Rows));
            Assert.All(cut, part => Assert.Contains(whole, step => step.AsSpan().SequenceEqual(part.Step)));
        });

    [Fact]
    public void Epochs_have_other_orders_and_a_resumed_one_the_same()
    {
        var rows = new LabelledTokens(50);
        for (var i = 0; i < 100; i++) rows.Add([3, SpecialTokens.End], 0);
        var plan = new LabelledBatchPlan(rows, 8, 1);

        Assert.Equal(Order(1), Order(1));
        Assert.NotEqual(Order(1), Order(2));

        int[] Order(int epoch) => [.. plan.Shuffled(epoch, 5).SelectMany(part => part.Rows)];
    }

    [Fact]
    public void Tokens_are_left_out_by_chance_but_never_an_end_and_never_all()
        => Gen.Select(Gen.Int[2, 6].List[1, 40], Gen.Double[0, 0.99], Gen.ULong).Sample((tokens, share, seed) =>
        {
            if (tokens.TrueForAll(token => token == SpecialTokens.End)) return;
            long[] ids = [.. tokens.Select(token => (long)token), SpecialTokens.End];
            var before = ids.ToArray();
            var left = LabelledBatchWriter.LeaveOut(ids, share, RandomSequence.At(seed, 1));

            Assert.Equal(before.Count(IsEnd), ids[..left].Count(IsEnd));
            Assert.Contains(ids[..left], id => !IsEnd(id));
            var next = 0; // what is left stands in the order in which it stood
            Assert.All(ids[..left], id =>
            {
                next = Array.IndexOf(before, id, next) + 1;
                Assert.NotEqual(0, next);
            });
            if (share == 0) Assert.Equal(before, ids[..left]);
        });

    [Fact]
    public void About_the_share_is_left_out()
    {
        long[] ids = [.. Enumerable.Repeat(5L, 10_000)];

        // ten standard deviations of a binomial distribution of 10,000 and 0.3 are 458
        Assert.InRange(LabelledBatchWriter.LeaveOut(ids, 0.3, RandomSequence.At(1, 1)), 6542, 7458);
    }

    private static bool IsEnd(long id) => id == SpecialTokens.End;
}
