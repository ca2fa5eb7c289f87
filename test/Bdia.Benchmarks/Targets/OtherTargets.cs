using Bdia.Benchmarks.Data;
using Bdia.Benchmarks.Scoring;
using Bdia.Benchmarks.Translation;

namespace Bdia.Benchmarks.Targets;

/// <summary>The targets outside training.</summary>
internal static class OtherTargets
{
    /// <summary>From the figures of the scoring suite.</summary>
    public static IEnumerable<Target> OfScoring(IReadOnlyList<(ScoringSettings Settings, List<ScoringFigures> Runs)> scoring)
    {
        var rates = scoring.ToLookup(row => row.Settings.Method,
            row => (row.Settings, Rate: Statistics.Median(row.Runs.Select(r => r.RowsPerSecond))));

        IReadOnlyList<Reading> Over(ScoringMethod other, double goal)
            => [.. from t in rates[ScoringMethod.Transform]
                   join o in rates[other] on t.Settings with { Method = other } equals o.Settings
                   select Reading.AtLeast($"{t.Settings.Preset}, batch {t.Settings.Batch}", t.Rate / o.Rate, goal)];

        yield return new("batched Transform on a saved model / raw forward pass at the same batch, rows/s",
            "≥ 0.95", "1", Over(ScoringMethod.RawForward, 0.95));
        yield return new("batched Transform / PredictionEngine row by row, rows/s", "≥ 3", "", Over(ScoringMethod.PredictionEngine, 3));
        yield return new("time to first prediction after Load / reading the file", "≤ 1.5", "1",
            [.. from row in scoring.Where(row => row.Settings.Method == ScoringMethod.FirstPrediction)
                from load in new (string Name, Func<ScoringFigures, FirstScore> Score)[] { ("first", f => f.First),
                    ("second", f => f.Second!) }
                select Reading.AtMost($"{row.Settings.Preset}, {load.Name} load of a process",
                    Statistics.Median(row.Runs.Select(r => load.Score(r).Total / load.Score(r).Read)), 1.5)]);
    }

    /// <summary>From the figures of the data suite.</summary>
    public static Target OfData(IReadOnlyList<(DataSettings Settings, List<DataFigures> Runs)> data)
        => new("data and augmentation time not hidden behind the step, %", "≤ 3", "0",
            [.. from row in data.Where(row => row.Settings.Method == DataMethod.Training)
                select Reading.AtMost($"{row.Settings.Kind} {(row.Settings.InMemory ? "in memory" : "read anew")}",
                    Statistics.Median(row.Runs.Select(r => 100 * r.WaitSeconds / r.Seconds)), 3)]);

    /// <summary>From the decoding figures of the translation suite.</summary>
    public static Target OfDecoding(IReadOnlyList<(DecodingSettings Settings, List<DecodingFigures> Runs)> decoding)
    {
        double Seconds(List<DecodingFigures> runs) => Statistics.Median(runs.Select(r => r.SecondsPerCall));
        return new("greedy translation with cache, batch 64, 40 tokens: times as fast as without", "≥ 5", "",
            [.. from with in decoding.Where(row => row.Settings is { UseCache: true, BeamSize: 1, Batch: 64, Tokens: 40 })
                join without in decoding on with.Settings with { UseCache = false } equals without.Settings
                select Reading.AtLeast($"{with.Settings.Preset}", Seconds(without.Runs) / Seconds(with.Runs), 5)]);
    }
}
