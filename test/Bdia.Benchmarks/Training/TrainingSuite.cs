using System.CommandLine;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.Training;

/// <summary>
/// Seconds per step and resident peak of everything that one would train a vision transformer with, over shapes and precisions.
/// </summary>
internal static class TrainingSuite
{
    public static Contender<TrainingSettings, TrainingFigures> Contender { get; } =
        new("training-contender", TrainingContender.Run, settings => settings.Environment());

    // Where products of bfloat16 are slow, the plain contenders would take hours.
    private static ComputePrecision[] Precisions
        => BdiaRuntime.HasBFloat16Products ? Enum.GetValues<ComputePrecision>() : [ComputePrecision.Float32];

    public static Command Command()
    {
        var shapes = new Option<Shape[]>("--shapes")
        {
            Description = "Width x depth, one or more: 512x6.", AllowMultipleArgumentsPerToken = true,
            CustomParser = result => [.. result.Tokens.Select(token => Shape.Parse(token.Value))],
            DefaultValueFactory = _ => [new(512, 6), new(256, 24), new(192, 96)],
        };
        var methods = new Option<TrainingMethod[]>("--methods") { Description = "Contenders.", AllowMultipleArgumentsPerToken = true,
            DefaultValueFactory = _ => [.. Enum.GetValues<TrainingMethod>().Where(m => m != TrainingMethod.Checkpointed)] };
        var precisions = new Option<ComputePrecision[]>("--precisions") { Description = "Of matrix products.",
            AllowMultipleArgumentsPerToken = true, DefaultValueFactory = _ => Precisions };
        var batches = SuiteOptions.Several("--batch", "Pictures in a step, one number or more.", 64);
        var sides = SuiteOptions.Several("--side",
            "Width and height of the pictures in pixels, one number or more; patches are of 4, so that 32 gives 65 tokens and 64 gives "
            + "257.", 32);
        var exponent = new Option<int>("--exponent") { Description = "m of gamma = ±2^-m.", DefaultValueFactory = _ => 1 };
        var steps = new Option<int>("--steps") { Description = "Timed steps in each process.", DefaultValueFactory = _ => 3 };
        var processes = SuiteOptions.Several("--processes",
            "How processes are set: as they come, with glibc mapping large blocks by themselves, with MKL's narrow products on AMD.",
            ProcessSetting.Default);
        var gradients = SuiteOptions.Several("--gradients", "Whether gradients stay between steps, as zeros, or are made anew.",
            GradientMemory.Zeroed);
        var kept = SuiteOptions.Several("--kept", "Blocks that keep what they compute where states are rebuilt, one number or more.", 0);
        var moments = SuiteOptions.Several("--moments", "How the optimizer keeps moments, of the methods with stacks of ours.",
            MomentFormat.Float32);
        var breakdown = new Option<bool>(
            "--breakdown") { Description =
            "Measure memory part by part beside the bytes that are computed, of the BDIA methods, instead of time." };
        var command = new Command("training",
            "Seconds per step and peak resident memory of BDIA and its alternatives, each in its own process.")
        {
            shapes, methods, precisions, batches, sides, exponent, steps, processes, gradients, kept, moments, breakdown,
        };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var contenders = (from shape in parse.GetValue(shapes)!
                              from side in parse.GetValue(sides)!
                              from batch in parse.GetValue(batches)!
                              from precision in parse.GetValue(precisions)!
                              from memory in parse.GetValue(gradients)!
                              from process in parse.GetValue(processes)!
                              from method in parse.GetValue(methods)!
                              from blocks in method is TrainingMethod.Reversible or TrainingMethod.ReversibleInBackward
                                  or TrainingMethod.ReversibleMuonInBackward
                                  ? parse.GetValue(kept)! : [0]
                              from format in method < TrainingMethod.Reversible ? [MomentFormat.Float32] : parse.GetValue(moments)!
                              select new TrainingSettings(method, shape.Width, shape.Depth, side, batch,
                                  precision, parse.GetValue(exponent), parse.GetValue(steps), process, memory, blocks, format)).ToArray();
            if (parse.GetValue(breakdown))
            {
                contenders = [.. contenders.Where(contender => MemoryBreakdown.Knows(contender.Method))];
                var parts = await MemoryBreakdown.Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions),
                    suite.Open(parse), "Memory");
                MemoryBreakdown.Print([.. contenders.Zip(parts)]);
                return;
            }

            var figures = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), suite.Open(parse));
            Print([.. contenders.Select((contender, i) => new TrainingSummary(contender, figures[i]))]);
        });
        return command;
    }

    private static void Print(TrainingSummary[] summaries)
    {
        if (!BdiaRuntime.HasBFloat16Products) Console.WriteLine(
            "This processor has no fast products of bfloat16, which are measured if --precisions asks for them.");
        Console.WriteLine($"Vision transformers, patches of 4x4 pixels, m = {summaries[0].Settings.Exponent}. {Machine.Describe()}");
        foreach (var group in summaries.GroupBy(s => s.Settings with
        {
            Method = TrainingMethod.Plain, Kept = 0, Moments = MomentFormat.Float32,
        }))
        {
            Console.WriteLine();
            var s = group.Key;
            Console.WriteLine($"Width {s.Width}, depth {s.Depth}, {s.Precision}, batch {s.Batch}, pictures of {s.Side}x{s.Side}; "
                + $"{group.First().Runs[0].Parameters / 1e6:F1} M weights"
                + (s.Process == ProcessSetting.Default ? "" : $"; {s.Process}")
                + (s.Gradients == GradientMemory.Zeroed ? "" : "; gradients dropped between steps"));
            Console.WriteLine();
            Console.WriteLine(Table([.. group]));
        }
    }

    private static MarkdownTable Table(TrainingSummary[] summaries)
    {
        const double mebibyte = 1 << 20;
        var table = new MarkdownTable("method", "s per step (median)", "spread", "to plain", "processor s per step", "of matrix rate",
            "of arithmetic limit",
            "peak MiB", "over idle MiB", "to plain", "side information MiB");
        var plain = summaries.FirstOrDefault(s => s.Settings.Method == TrainingMethod.Plain);
        foreach (var s in summaries)
        {
            var kept = (s.Settings.Kept == 0 ? "" : $", {s.Settings.Kept} kept")
                + (s.Settings.Moments == MomentFormat.Float32 ? "" : ", moments of 8 bits");
            table.Add($"{s.Settings.Method}{kept}", $"{s.SecondsPerStep:F3}", s.Spread, plain is null ? ""
                : $"{s.SecondsPerStep / plain.SecondsPerStep:F2}", s.ProcessorSecondsPerStep > 0 ? $"{s.ProcessorSecondsPerStep:F3}" : "",
                $"{s.ShareOfMatrixRate:F2}",
                s.ShareOfLimit is { } share ? $"{share:F2}" : "",
                $"{s.PeakBytes / mebibyte:F0}", $"{s.OverIdleBytes / mebibyte:F0}", plain is null ? ""
                    : $"{s.OverIdleBytes / plain.OverIdleBytes:F3}", $"{s.SideInformationBytes / mebibyte:F2}");
        }

        return table;
    }

    private readonly record struct Shape(int Width, int Depth)
    {
        public static Shape Parse(string text)
            => text.Split('x') is [var width, var depth] && int.TryParse(width, out var w) && int.TryParse(depth, out var d)
            && w > 0 && d > 0
            ? new(w, d)
            : throw new ArgumentException($"The shape is '{text}'; write width x depth, such as 512x6.");
    }
}
