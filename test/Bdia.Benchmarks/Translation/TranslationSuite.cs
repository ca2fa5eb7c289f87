using System.CommandLine;
using Bdia.Core.Models;
using Bdia.Core.Reversible;

namespace Bdia.Benchmarks.Translation;

/// <summary>Outputs per second of an encoder-decoder with and without the key/value cache, and tokens per second of its training.</summary>
internal static class TranslationSuite
{
    private const double Mebibyte = 1 << 20;

    public static Contender<DecodingSettings, DecodingFigures> Decoding { get; } = new("decoding-contender", DecodingContender.Run);

    public static Contender<SequenceTrainingSettings,
        SequenceTrainingFigures> Training { get; } = new("sequence-training-contender", SequenceTrainingContender.Run);

    public static Command Command()
    {
        var preset = new Option<EncoderDecoderPreset>("--preset") { Description = "The network.",
            DefaultValueFactory = _ => EncoderDecoderPreset.Compact };
        var vocabulary = new Option<int>("--vocabulary") { Description = "Ids of source and target.", DefaultValueFactory = _ => 8000 };
        var tokens = new Option<int>("--tokens") { Description = "Of each input and each output.", DefaultValueFactory = _ => 40 };
        var batches = SuiteOptions.Several("--batches", "Inputs decoded together.", 1, 64);
        var beams = SuiteOptions.Several("--beams", "Hypotheses followed for each input; 1 is greedy.", 1, 4);
        var calls = new Option<int>("--calls") { Description = "Timed calls or steps in each process.", DefaultValueFactory = _ => 3 };
        var noTraining = new Option<bool>("--no-training") { Description = "Decoding alone." };
        var command = new Command("translation",
            "Decoding with and without cache, and training, of an encoder-decoder of random weights; each contender in its own process.")
        {
            preset, vocabulary, tokens, batches, beams, calls, noTraining,
        };
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            var (network, ids, length, count) =
                (parse.GetValue(preset), parse.GetValue(vocabulary), parse.GetValue(tokens), parse.GetValue(calls));
            var decoders = (from beam in parse.GetValue(beams)!
                            from batch in parse.GetValue(batches)!
                            from cache in new[] { true, false }
                            select new DecodingSettings(network, ids, length, batch, beam, cache, count)).ToArray();
            SequenceTrainingSettings[] trainers = parse.GetValue(noTraining) ? []
                : [.. Enum.GetValues<BackpropagationMode>()
                    .Select(mode => new SequenceTrainingSettings(network, ids, length, Batch: 64, mode, count))];
            var results = suite.Open(parse);
            var decoded = await Decoding.RunAllAsync(decoders, parse.GetValue(suite.Repetitions), results, nameof(Decoding));
            var trained = await Training.RunAllAsync(trainers, parse.GetValue(suite.Repetitions), results, nameof(Training));
            Console.WriteLine($"Encoder-decoder {network}, {decoded[0][0].Parameters / 1e6:F1} M weights, vocabulary {ids}, inputs and "
                + $"outputs of {length} tokens. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine(DecodingTable(decoders, decoded));
            if (trainers.Length > 0) Console.WriteLine(TrainingTable(trainers, trained));
        });
        return command;
    }

    private static MarkdownTable DecodingTable(DecodingSettings[] contenders, List<DecodingFigures>[] figures)
    {
        double Seconds(DecodingSettings contender) =>
            Statistics.Median(figures[Array.IndexOf(contenders, contender)].Select(f => f.SecondsPerCall));
        var table = new MarkdownTable("search", "batch", "cache", "s per call (median)", "spread", "sentences/s",
            "tokens/s", "times as fast as without", "peak MiB", "over idle MiB");
        for (var i = 0; i < contenders.Length; i++)
        {
            var (contender, runs) = (contenders[i], figures[i]);
            var seconds = Seconds(contender);
            table.Add(contender.BeamSize == 1 ? "greedy" : $"beam {contender.BeamSize}", $"{contender.Batch}", contender.UseCache
                ? "yes" : "no", $"{seconds:F3}",
                Statistics.Spread([.. runs.Select(f => f.SecondsPerCall)], "F3"), $"{contender.Batch / seconds:F1}",
                    $"{contender.Batch * contender.Tokens / seconds:F0}",
                $"{Seconds(contender with { UseCache = false }) / seconds:F2}",
                    $"{Statistics.Median(runs.Select(f => f.PeakBytes / Mebibyte)):F0}",
                $"{Statistics.Median(runs.Select(f => (f.PeakBytes - f.IdleBytes) / Mebibyte)):F0}");
        }

        return table;
    }

    private static MarkdownTable TrainingTable(SequenceTrainingSettings[] contenders, List<SequenceTrainingFigures>[] figures)
    {
        double Seconds(BackpropagationMode mode) =>
            Statistics.Median(figures[Array.FindIndex(contenders, c => c.Mode == mode)].Select(f => f.SecondsPerStep));
        var table = new MarkdownTable("training, batch 64", "s per step (median)", "spread", "processor s", "target tokens/s",
            "to stored", "peak MiB", "over idle MiB");
        for (var i = 0; i < contenders.Length; i++)
        {
            var (contender, runs) = (contenders[i], figures[i]);
            var seconds = Seconds(contender.Mode);
            table.Add($"{contender.Mode}", $"{seconds:F3}", Statistics.Spread([.. runs.Select(f => f.SecondsPerStep)], "F3"),
                $"{Statistics.Median(runs.Select(f => f.ProcessorSecondsPerStep)):F3}",
                $"{contender.Batch * contender.Tokens / seconds:F0}",
                $"{seconds / Seconds(BackpropagationMode.StoreActivations):F2}",
                    $"{Statistics.Median(runs.Select(f => f.PeakBytes / Mebibyte)):F0}",
                $"{Statistics.Median(runs.Select(f => (f.PeakBytes - f.IdleBytes) / Mebibyte)):F0}");
        }

        return table;
    }
}
