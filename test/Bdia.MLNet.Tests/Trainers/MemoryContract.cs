using System.Collections.Concurrent;
using System.Diagnostics;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Bdia.MLNet.Tests.Trainers;

/// <summary>Tests that measure the whole process and so run alone.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;

/// <summary>What a model's memory must do while it scores, whatever its task.</summary>
public abstract class MemoryContract
{
    private const long AllowedGrowth = 24 << 20;

    protected abstract ITransformer Fitted { get; }

    protected abstract IDataView Data { get; }

    protected abstract string Output { get; }

    /// <summary>By what the numbers of predictions are divided, where one takes long.</summary>
    protected virtual int Slowness => 1;

    [Fact]
    public void Memory_stays_constant_over_many_single_predictions() => AssertConstant(PredictSingly, 3_000 / Slowness);

    [Fact]
    public void Memory_stays_constant_over_many_batches() => AssertConstant(PredictInBatches, 10_000 / Slowness);

    [Fact]
    [Trait("Category", "Slow")]
    public void Memory_stays_constant_over_100000_predictions()
    {
        AssertConstant(PredictInBatches, 100_000 / Slowness);
        AssertConstant(PredictSingly, 20_000 / Slowness);
    }

    [Fact]
    [Trait("Category", "Slow")]
    public void Sixteen_threads_predict_100000_times_alike_and_nothing_of_it_lives_on()
    {
        const int threads = 16;
        var (expected, resident, faults) = (PredictEach(), new List<long>(), new ConcurrentQueue<Exception>());
        var rounds = 100_000 / threads / expected.Count;
        var alive = new List<(long Tensors, long Managed)>();
        using var together = new Barrier(threads, _ =>
        {
            resident.Add(ResidentBytes());
            alive.Add((Tensor.TotalCount, GC.GetTotalMemory(forceFullCollection: true)));
        });
        var all = Enumerable.Range(0, threads).Select(_ => new Thread(Predict)).ToList();
        all.ForEach(thread => thread.Start());
        all.ForEach(thread => thread.Join());

        Assert.Empty(faults);
        TestContext.Current.TestOutputHelper?.WriteLine($"{rounds * threads * expected.Count} predictions; resident after each quarter, "
            + $"MiB: {string.Join(", ", resident.Select(bytes => bytes >> 20))}");
        // What the collector and malloc keep for sixteen threads on few cores comes and goes by tens of MiB; what lives must not grow.
        Assert.Equal(alive[0].Tensors, alive[^1].Tensors);
        Assert.InRange(alive[^1].Managed - alive[0].Managed, long.MinValue, 2 << 20);

        void Predict()
        {
            for (var round = 1; round <= rounds; round++)
            {
                try
                {
                    Assert.Equal(expected, PredictEach());
                }
                catch (Exception fault)
                {
                    faults.Enqueue(fault);
                }

                if (round % (rounds / 4) == 0) together.SignalAndWait();
            }
        }
    }

    /// <summary>The output of each row, scored alone.</summary>
    private List<object> PredictEach()
    {
        var mapper = Fitted.GetRowToRowMapper(Data.Schema);
        using var cursor = Data.GetRowCursor(mapper.GetDependencies(mapper.OutputSchema));
        using var row = mapper.GetRow(cursor, mapper.OutputSchema);
        var read = ScoredRows.Reader(row, row.Schema[Output]);
        var outputs = new List<object>();
        while (cursor.MoveNext()) outputs.Add(read());
        return outputs;
    }

    private static void AssertConstant(Action<int> predict, int predictions)
    {
        predict(predictions / 4);
        var before = ResidentBytes();
        predict(predictions - predictions / 4);

        Assert.InRange(ResidentBytes() - before, long.MinValue, AllowedGrowth);
    }

    private void PredictSingly(int predictions)
    {
        var mapper = Fitted.GetRowToRowMapper(Data.Schema);
        for (var done = 0; done < predictions;)
        {
            using var cursor = Data.GetRowCursor(mapper.GetDependencies(mapper.OutputSchema));
            using var row = mapper.GetRow(cursor, mapper.OutputSchema);
            var read = ScoredRows.Reader(row, row.Schema[Output]);
            for (; cursor.MoveNext(); done++)
                read();
        }
    }

    private void PredictInBatches(int predictions)
    {
        for (var done = 0; done < predictions;)
            done += ScoredRows.Of(Fitted.Transform(Data), Output).Rows.Count;
    }

    private static long ResidentBytes()
    {
        GC.Collect();
        GC.WaitForPendingFinalizers();
        GC.Collect();
        using var process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
