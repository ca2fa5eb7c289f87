using System.CommandLine;

namespace Bdia.Benchmarks.Data;

/// <summary>How much of reading, augmenting and batching rows is hidden behind the training step, and how fast it is by itself.</summary>
internal static class DataSuite
{
    public static Contender<DataSettings, DataFigures> Contender { get; } = new("data-contender", DataContender.Run);

    public static Command Command()
    {
        var data = new Option<DirectoryInfo?>(
            "--data") { Description = "Folder of CIFAR-10 in its binary form (data_batch_*.bin, also with .gz), to be measured as well." };
        var rows = new Option<int>("--rows") { Description = "Rows of an epoch.", DefaultValueFactory = _ => 640 };
        var batch = new Option<int>("--batch") { Description = "Pictures in a step.", DefaultValueFactory = _ => 64 };
        var tokens = new Option<int>("--tokens") { Description = "Tokens in a step on texts.", DefaultValueFactory = _ => 1024 };
        var epochs = new Option<int>("--epochs") { Description = "Timed epochs, after one that is not.", DefaultValueFactory = _ => 2 };
        var augment = new Option<bool>("--augment") { Description = "Let pictures undergo every kind of augmentation." };
        var command = new Command("data",
            "Share of data and augmentation time that is not hidden behind the training step; rows per second of the pipeline "
            + "alone.") { data, rows, batch, tokens, epochs, augment };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var folder = parse.GetValue(data)?.ToString();
            (DataKind Kind, bool InMemory)[] kinds =
                [(DataKind.Drawn, true), (DataKind.Drawn, false), .. folder is null ? []
                : new[] { (DataKind.Cifar, true), (DataKind.Cifar, false) }, (DataKind.Texts, true)];
            var contenders = (from kind in kinds
                              from method in Enum.GetValues<DataMethod>()
                              select new DataSettings(
                                  method, kind.Kind, kind.Kind == DataKind.Cifar ? folder : null, parse.GetValue(rows),
                                  parse.GetValue(kind.Kind == DataKind.Texts ? tokens : batch), kind.InMemory, parse.GetValue(epochs))
                              {
                                  Augmented = kind.Kind != DataKind.Texts && parse.GetValue(augment),
                              }).ToArray();
            var figures = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), suite.Open(parse));
            Print(contenders, figures);
        });
        return command;
    }

    private static void Print(DataSettings[] contenders, List<DataFigures>[] figures)
    {
        Console.WriteLine($"Compact networks, float32, {contenders[0].Rows} rows of an epoch, {contenders[0].Epochs} epochs. "
            + $"{Machine.Describe()}");
        Console.WriteLine();
        var table = new MarkdownTable("rows", "ready batches, ms a step", "real data, ms a step", "real / ready",
            "waiting, % of the time (median)", "spread", "rows/s of training", "rows/s of the pipeline alone", "first pass, rows/s");
        foreach (var group in contenders.Zip(figures).GroupBy(pair => (pair.First.Kind, pair.First.InMemory)))
        {
            List<DataFigures> Of(DataMethod method) => group.First(pair => pair.First.Method == method).Second;
            double Median(DataMethod method, Func<DataFigures, double> value) => Statistics.Median(Of(method).Select(value));
            var (ready, real) = (Median(DataMethod.Ready, f => f.Seconds / f.Steps), Median(DataMethod.Training, f => f.Seconds / f.Steps));
            double[] waits = [.. Of(DataMethod.Training).Select(f => 100 * f.WaitSeconds / f.Seconds)];
            table.Add(
                $"{group.Key.Kind}, {(group.Key.InMemory ? "in memory" : "read anew")}", $"{1000 * ready:F1}",
                    $"{1000 * real:F1}", $"{real / ready:F3}", $"{Statistics.Median(waits):F2}", Statistics.Spread(waits, "F2"),
                $"{Median(DataMethod.Training, f => f.Items / f.Seconds):F0}",
                    $"{Median(DataMethod.Pipeline, f => f.Items / f.Seconds):F0}",
                    $"{Median(DataMethod.Training, f => group.First().First.Rows / f.FirstPassSeconds):F0}");
        }

        Console.WriteLine(table);
    }
}
