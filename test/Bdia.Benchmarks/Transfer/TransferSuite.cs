using System.CommandLine;
using Bdia.Core.Operations;

namespace Bdia.Benchmarks.Transfer;

/// <summary>
/// What weights that were trained on one set of pictures are worth on another one with few rows: beside random ones, and beside fine-tuning
/// with stored activations.
/// </summary>
internal static class TransferSuite
{
    private const string Pretraining = nameof(Pretraining);
    private const double Mebibyte = 1 << 20;

    public static Contender<TransferSettings, TransferFigures> Contender { get; } = new("transfer-contender", TransferContender.Run);

    public static Command Command()
    {
        var from = new Option<DirectoryInfo>("--from") { Description = "Folder of CIFAR files to pretrain on.", Required = true };
        var to = new Option<DirectoryInfo>("--to") { Description = "Folder of CIFAR files to fine-tune on.", Required = true };
        var pretrainRows = new Option<int>("--pretrain-rows") { DefaultValueFactory = _ => 20_000 };
        var pretrainEpochs = new Option<int>("--pretrain-epochs") { DefaultValueFactory = _ => 8 };
        var rows = SuiteOptions.Several("--rows", "Training rows of the other set.", 1000, 2500, 10_000);
        var epochs = new Option<int>("--epochs") { Description = "Passes over them.", DefaultValueFactory = _ => 20 };
        var seeds = SuiteOptions.Several("--seeds", "Seeds of the fine-tuning.", 1, 2, 3);
        var bfloat16 = new Option<bool>("--bfloat16") { Description = "Matrix products of bfloat16, in all contenders." };
        var kept = new Option<DirectoryInfo?>("--weights")
        {
            Description = "Folder for the pretrained weights, so that a later call with --resume finds them; a temporary one if left out.",
        };
        var command = new Command("transfer", "Accuracy, time and memory of fine-tuning, beside training from random weights.")
        {
            from, to, pretrainRows, pretrainEpochs, rows, epochs, seeds, bfloat16, kept,
        };
        var suite = new SuiteOptions(repetitions: 1);
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var asked = parse.GetValue(kept);
            asked?.Create();
            var folder = asked ?? Directory.CreateTempSubdirectory("bdia-transfer-");
            var precision = parse.GetValue(bfloat16) ? ComputePrecision.BFloat16 : ComputePrecision.Float32;
            try
            {
                var results = suite.Open(parse);
                var weights = Path.Combine(folder.FullName, "weights");
                var pretrain = new TransferSettings(parse.GetValue(from)!.FullName, parse.GetValue(pretrainRows), TransferMethod.Scratch,
                    weights, parse.GetValue(pretrainEpochs), Seed: 1, precision, Keep: true);
                var before = (await Contender.RunAllAsync([pretrain], 1, results, Pretraining))[0][0];
                Console.WriteLine($"Pretrained on {Path.GetFileName(pretrain.Data)}, {pretrain.Rows} rows, {pretrain.Epochs} epochs: "
                    + $"{before.Accuracy:P1} of its test rows, {before.Seconds:F0} s. {Machine.Describe()}");
                TransferSettings[] contenders =
                [
                    .. from count in parse.GetValue(rows)!
                       from seed in parse.GetValue(seeds)!
                       from method in Enum.GetValues<TransferMethod>()
                       select new TransferSettings(parse.GetValue(to)!.FullName, count, method, weights, parse.GetValue(epochs), seed,
                           precision),
                ];
                var figures = await Contender.RunAllAsync(contenders, 1, results);
                Print([.. contenders.Zip(figures, (settings, runs) => (settings, runs[0]))]);
            }
            finally
            {
                if (asked is null) folder.Delete(recursive: true);
            }
        });
        return command;
    }

    private static void Print((TransferSettings Settings, TransferFigures Figures)[] runs)
    {
        var table = new MarkdownTable("rows", "method", "test rows right, of each seed", "mean", "s", "peak over idle MiB");
        foreach (var group in runs.GroupBy(run => (run.Settings.Rows, run.Settings.Method)))
        {
            var figures = group.Select(run => run.Figures).ToArray();
            table.Add($"{group.Key.Rows}", $"{group.Key.Method}", string.Join(", ", figures.Select(f => $"{f.Accuracy:P1}")),
                $"{figures.Average(f => f.Accuracy):P1}", $"{figures.Average(f => f.Seconds):F0}",
                $"{figures.Average(f => f.PeakBytes - f.IdleBytes) / Mebibyte:F0}");
        }

        Console.WriteLine();
        Console.WriteLine(table);
    }
}
