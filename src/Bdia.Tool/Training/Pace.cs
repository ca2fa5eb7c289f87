using System.Diagnostics;
using Bdia.Core.Training;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;

namespace Bdia.Tool.Training;

/// <summary>How fast a machine trains on some data, and how many epochs that makes of a time.</summary>
/// <param name="Epochs">Epochs that the time holds.</param>
/// <param name="ItemsPerSecond">Items that are trained on per second.</param>
/// <param name="Seconds">What measuring took.</param>
/// <param name="RowsPerSecond">Rows that are trained on per second, reading left out.</param>
internal sealed record Pace(int Epochs, double ItemsPerSecond, double Seconds, double RowsPerSecond)
{
    private const int Rows = 384, MostEpochs = 100;

    /// <summary>Trains on some of the rows for an eighth of the time at most.</summary>
    public static Pace Measure(TrainingTask task, RowSets data, TrainOptions options, TimeSpan budget, CancellationToken stop)
    {
        var some = data with { Train = Some(data.Train), Validation = null };
        var clock = Stopwatch.StartNew();
        var watch = new Watch(clock, some.Train.Count);
        var quiet = new MLContext(options.Seed);
        using (task.Fit(quiet, some, options with { Resume = false }, new(1, budget / 8, null, watch, stop,
            IsTrial: true)).Pipeline as IDisposable)
        {
        }

        stop.ThrowIfCancellationRequested();
        // Rows are read once, and then trained on in every epoch.
        var (rows, all) = ((double)some.Train.Count, (double)data.Train.Count);
        var perEpoch = Math.Max(1e-6, watch.SecondsPerRow) * all;
        var reading = watch.SecondsBefore * Math.Max(1, all / rows);
        var left = budget.TotalSeconds - clock.Elapsed.TotalSeconds - reading;
        // Rather one too many: where not all fit, the trainer lets the learning rate come down by the end of the time.
        return new((int)Math.Clamp(Math.Ceiling(left / perEpoch), 1, MostEpochs), watch.ItemsPerSecond, clock.Elapsed.TotalSeconds,
            all / perEpoch);
    }

    // Rows from all over the data, which may be sorted by class.
    private static DataRow[] Some(IReadOnlyList<DataRow> rows)
        => rows.Count <= Rows ? [.. rows] : [.. Enumerable.Range(0, Rows).Select(i => rows[(int)((long)i * rows.Count / Rows)])];

    private sealed class Watch(Stopwatch clock, int count) : IProgress<TrainingProgress>
    {
        private readonly List<double> times = [];
        private int ofEpoch;

        public double ItemsPerSecond { get; private set; }

        /// <summary>Seconds until the first step was done.</summary>
        public double SecondsBefore => times.Count > 0 ? times[0] : 0;

        /// <summary>
        /// Seconds that a row takes, by the median of the steps: the first few are slower, until the machine is warm.
        /// </summary>
        public double SecondsPerRow
        {
            get
            {
                double[] steps = times.Count < 2 ? [SecondsBefore] : [.. times.Zip(times.Skip(1), (from, to) => to - from).Order()];
                return steps[steps.Length / 2] * Math.Max(1, ofEpoch) / count;
            }
        }

        public void Report(TrainingProgress value)
        {
            if (value.CompletedEpoch is not null) return;
            (ofEpoch, ItemsPerSecond) = (value.StepsPerEpoch, value.ItemsPerSecond);
            times.Add(clock.Elapsed.TotalSeconds);
        }
    }
}
