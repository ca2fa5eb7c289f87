using Bdia.MLNet.Tests.Support;
using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Serving;

public class BatchingScorerTests
{
    private const int Bad = -1;
    private readonly MLContext mlContext = new(1);

    [Fact]
    public void Every_caller_gets_the_answer_to_its_own_row_and_a_bad_row_fails_its_own_caller_alone()
        => Gen.Select(Gen.Int[-1, 20].Array[1, 60], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Int[0, 2]).Sample((numbers, size, workers, wait) =>
        {
            var answers = Answers(numbers, new() { MaxBatchSize = size, Workers = workers, MaxWait = TimeSpan.FromMilliseconds(wait) })
                .GetAwaiter().GetResult();

            Assert.Equal(numbers.Select(number => number == Bad ? (int?)null : Doubled(number)), answers);
        }, iter: 40, threads: 1);

    [Fact]
    public async Task Rows_that_come_while_a_batch_is_scored_are_scored_together()
    {
        using var gate = new SemaphoreSlim(0);
        var batches = new List<int>();
        await using var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(rows =>
        {
            lock (batches) batches.Add(rows);
            if (rows == 1) gate.Wait();
        }), new() { MaxBatchSize = 8 });
        var first = scorer.ScoreAsync(new() { Number = 1 }, TestContext.Current.CancellationToken);
        while (batches.Count == 0) await Task.Yield();
        var others = Enumerable.Range(2, 10).Select(number => Score(scorer, number)).ToArray();
        gate.Release(10);

        Assert.Equal(Doubled(1), (await first).Number2);
        Assert.Equal(Enumerable.Range(2, 10).Select(Doubled), (await Task.WhenAll(others)).Select(answer => answer.Number2));
        Assert.Equal([1, 8, 2], batches);
    }

    [Fact]
    public async Task More_rows_than_may_wait_are_refused_at_once_and_those_that_wait_are_answered()
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(_ =>
        {
            entered.Release();
            gate.Wait();
        }), new() { MaxBatchSize = 1, QueueLimit = 3 });
        var first = scorer.ScoreAsync(new() { Number = 0 }, TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        var waiting = Enumerable.Range(1, 3).Select(number => Score(scorer, number)).ToArray();

        Assert.Equal(3, scorer.Waiting);
        var fault = Assert.Throws<ScorerBusyException>(() => { _ = Score(scorer, 0); });
        Assert.Equal(3, fault.Limit);
        Assert.Contains("raise QueueLimit", fault.Message, StringComparison.Ordinal);

        gate.Release(10);
        Assert.Equal([2, 4, 6], (await Task.WhenAll(waiting)).Select(answer => answer.Number2));
        Assert.Equal(0, (await first).Number2);
        await scorer.DisposeAsync();
    }

    [Fact]
    public async Task Who_gives_up_is_let_go_and_its_row_is_not_scored()
    {
        using var gate = new SemaphoreSlim(0);
        using var entered = new SemaphoreSlim(0);
        using var stop = new CancellationTokenSource();
        var rows = 0;
        await using var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(count =>
        {
            Interlocked.Add(ref rows, count);
            entered.Release();
            gate.Wait();
        }));
        var first = scorer.ScoreAsync(new() { Number = 5 }, TestContext.Current.CancellationToken);
        await entered.WaitAsync(TestContext.Current.CancellationToken);
        var second = scorer.ScoreAsync(new() { Number = 6 }, stop.Token);
        await stop.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => second);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => scorer.ScoreAsync(new(), stop.Token));
        gate.Release(10);
        Assert.Equal(10, (await first).Number2);
        await scorer.DisposeAsync();
        Assert.Equal(1, rows);
    }

    [Fact]
    public async Task A_model_is_replaced_without_a_lost_row_or_a_stale_answer()
    {
        await using var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(factor: 2), new() { MaxBatchSize = 4, Workers = 2 });
        for (var factor = 3; factor < 30; factor++)
        {
            var before = Enumerable.Range(1, 9).Select(number => Score(scorer, number)).ToArray();
            var free = scorer.Replace(Model(factor: factor));
            var after = Enumerable.Range(1, 9).Select(number => Score(scorer, number)).ToArray();

            Assert.Equal(Enumerable.Range(1, 9).Select(number => factor * number), (await Task.WhenAll(after)).Select(answer
                => answer.Number2));
            Assert.All((await Task.WhenAll(before)).Select((answer, i) => answer.Number2 / (i + 1)),
                used => Assert.True(used == factor || used == factor - 1));
            await free;
        }
    }

    [Fact]
    public async Task What_waits_when_it_ends_is_answered_and_nothing_more_is_taken()
    {
        var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(), new() { MaxBatchSize = 3 });
        var waiting = Enumerable.Range(0, 20).Select(number => Score(scorer, number)).ToArray();
        await scorer.DisposeAsync();

        Assert.All(waiting, answer => Assert.True(answer.IsCompletedSuccessfully));
        Assert.Throws<ObjectDisposedException>(() => { _ = Score(scorer, 0); });
        Assert.Throws<ObjectDisposedException>(() => { _ = scorer.Replace(Model()); });
        await scorer.DisposeAsync();
    }

    [Fact]
    public void Options_out_of_range_are_told()
    {
        foreach (var options in new BatchingOptions[] { new() { MaxBatchSize = 0 }, new() { QueueLimit = 0 }, new() { Workers = 65 },
            new() { MaxWait = TimeSpan.FromSeconds(-1) } })
            Assert.Contains("give ", Assert.Throws<ArgumentOutOfRangeException>(
                () => new BatchingScorer<Row, Answer>(mlContext, Model(), options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_model_of_pictures_gives_what_it_gives_one_at_a_time_and_names_its_classes()
    {
        var rows = ImageRows.Of(40).ToArray();
        var data = ImageRows.Labelled(mlContext, rows);
        using var model = mlContext.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(epochs: 1)).Fit(data);
        using var engine = mlContext.Model.CreatePredictionEngine<ImageRow, Scored>(model,
            new PredictionEngineOptions { OwnsTransformer = false });
        await using var scorer = new BatchingScorer<ImageRow, Scored>(mlContext, model, new() { MaxBatchSize = 16 });

        var together = await Task.WhenAll(rows.Select(row => scorer.ScoreAsync(row, TestContext.Current.CancellationToken)));

        foreach (var (row, answer) in rows.Zip(together))
        {
            var alone = engine.Predict(row);
            Assert.All(alone.Score.Zip(answer.Score), pair => Assert.Equal(pair.First, pair.Second, 1e-4f)); // what batches may change
            var top = model.TopClasses(answer.Score, 2);
            Assert.Equal(answer.Score.OrderDescending().Take(2), top.Select(item => item.Probability));
            Assert.Equal(model.ClassNames()[Array.IndexOf(answer.Score, answer.Score.Max())], top[0].Name);
        }

        Assert.Contains("scores", Assert.Throws<ArgumentException>(() => model.TopClasses([1f], 1)).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidOperationException>(() => Model().ClassNames());
    }

    private async Task<int?[]> Answers(int[] numbers, BatchingOptions options)
    {
        await using var scorer = new BatchingScorer<Row, Answer>(mlContext, Model(), options);
        var answers = numbers.Select(number => Task.Run(() => Score(scorer, number))).ToArray();
        var all = new int?[numbers.Length];
        for (var i = 0; i < all.Length; i++)
        {
            try
            {
                all[i] = (await answers[i]).Number2;
            }
            catch (Exception fault) when (fault.GetBaseException() is InvalidDataException)
            {
            }
        }

        return all;
    }

    private static Task<Answer> Score(BatchingScorer<Row, Answer> scorer, int number)
        => scorer.ScoreAsync(new() { Number = number }, TestContext.Current.CancellationToken);

    private static int Doubled(int number) => 2 * number;

    // Any pipeline: the numbers of a batch, doubled; told of how many rows there are when the first of them is read.
    private Telling Model(Action<int>? rows = null, int factor = 2)
        => new Telling(mlContext.Transforms.CustomMapping<Row, Answer>((row, answer) => answer.Number2 = row.Number == Bad
            ? throw new InvalidDataException("a bad row") : factor * row.Number, null).Fit(mlContext.Data.LoadFromEnumerable<Row>([])),
                rows);

    private sealed class Telling(ITransformer model, Action<int>? rows) : ITransformer
    {
        public bool IsRowToRowMapper => model.IsRowToRowMapper;

        public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => model.GetOutputSchema(inputSchema);

        public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => model.GetRowToRowMapper(inputSchema);

        public void Save(ModelSaveContext ctx) => model.Save(ctx);

        public IDataView Transform(IDataView input)
        {
            if (rows is not null)
            {
                var count = 0;
                using (var cursor = input.GetRowCursor([]))
                    while (cursor.MoveNext()) count++;
                rows(count);
            }

            return model.Transform(input);
        }
    }

    private sealed class Row
    {
        public int Number { get; set; }
    }

    private sealed class Answer
    {
        public int Number2 { get; set; }
    }

    private sealed class Scored
    {
        public float[] Score { get; set; } = [];
    }
}
