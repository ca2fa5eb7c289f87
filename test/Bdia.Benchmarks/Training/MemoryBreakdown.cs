using Bdia.Core.MemoryEstimates;

namespace Bdia.Benchmarks.Training;

/// <summary>Computed bytes beside measured ones, for every part that can be measured by itself and for the sums.</summary>
internal static class MemoryBreakdown
{
    private const double Mebibyte = 1 << 20;

    public static Contender<TrainingSettings, MemoryFigures> Contender { get; } = new("memory-contender", MemoryContender.Run);

    /// <summary>Methods whose memory <see cref="MemoryEstimate"/> knows.</summary>
    public static bool Knows(TrainingMethod method)
        => method is TrainingMethod.Reversible or TrainingMethod.StoreActivations or TrainingMethod.Checkpointed;

    public static void Print(IReadOnlyList<(TrainingSettings Settings, List<MemoryFigures> Runs)> contenders)
    {
        Console.WriteLine($"MiB, computed / measured. {Machine.Describe()}");
        foreach (var group in contenders.GroupBy(c => (c.Settings.Batch, c.Settings.Side, c.Settings.Exponent)))
        {
            Console.WriteLine();
            Console.WriteLine($"Batch {group.Key.Batch}, pictures of {group.Key.Side}x{group.Key.Side}, m = {group.Key.Exponent}");
            Console.WriteLine();
            Console.WriteLine(Table(group));
        }
    }

    private static MarkdownTable Table(IEnumerable<(TrainingSettings Settings, List<MemoryFigures> Runs)> contenders)
    {
        var table = new MarkdownTable("network", "weights", "gradients", "optimizer", "side information", "states",
            "block graph", "rest", "tensors over idle / allocated", "all over idle / resident", "ratio", "total / resident", "ratio");
        foreach (var (settings, runs) in contenders)
        {
            var e = MemoryEstimate.ForImages(settings.Network(), new()
            {
                BatchSize = settings.Batch, Optimizer = Bdia.Core.Training.OptimizerKind.AdamW,
            }, weightCopies: 0);
            double Median(Func<MemoryFigures, double> figure) => Statistics.Median(runs.Select(figure));
            double overIdle = e.SideInformation + e.States + e.BlockGraph + e.Rest, resident = Median(r => r.Peak - r.Idle),
                total = Median(r => r.Peak - r.Start);
            table.Add($"{settings.Width}x{settings.Depth} {settings.Method} {settings.Precision}",
                Both(e.Weights, Median(r => r.Weights.Bytes)), Both(e.Gradients, Median(r => r.Gradients.Bytes)),
                    Both(e.Optimizer, Median(r => r.Optimizer.Bytes)),
                Both(e.SideInformation, Median(r => r.SideInformation)), Text(e.States), Text(e.BlockGraph), Text(e.Rest),
                runs[0].AllocatedOverIdle is null ? ""
                    : Both(e.SideInformation + e.States + e.BlockGraph, Median(r => r.AllocatedOverIdle!.Value)),
                Both(overIdle, resident), $"{overIdle / resident:F2}",
                Both(e.Total, total), $"{e.Total / total:F2}");
        }

        return table;
    }

    private static string Both(double computed, double measured) => $"{Text(computed)} / {Text(measured)}";

    private static string Text(double bytes) => $"{bytes / Mebibyte:F1}";
}
