using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Translation;

/// <summary>One contender of training.</summary>
/// <param name="Preset">The network.</param>
/// <param name="Vocabulary">Ids of source and target.</param>
/// <param name="Tokens">Of each source and of each target.</param>
/// <param name="Batch">Pairs in a step.</param>
/// <param name="Mode">How both stacks get at their states.</param>
/// <param name="Steps">Timed steps, after one that is not.</param>
internal sealed record SequenceTrainingSettings(EncoderDecoderPreset Preset, int Vocabulary, int Tokens,
    int Batch, BackpropagationMode Mode, int Steps)
{
    public override string ToString() => $"{Preset}, training, {Mode}";
}

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerStep">Median over its steps.</param>
/// <param name="IdleBytes">Resident with network and optimizer, before the first step.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
/// <param name="ProcessorSecondsPerStep">Processor time of all threads, median: what other programs take of the machine is not in
/// it.</param>
internal sealed record SequenceTrainingFigures(double SecondsPerStep, long IdleBytes, long PeakBytes,
    double ProcessorSecondsPerStep = 0);

/// <summary>Whole training steps (forward, backward, optimizer) on random texts.</summary>
internal static class SequenceTrainingContender
{
    private const double LabelSmoothing = 0.1;

    public static SequenceTrainingFigures Run(SequenceTrainingSettings settings)
    {
        var options = EncoderDecoderOptions.FromPreset(settings.Preset, settings.Vocabulary, settings.Vocabulary);
        using var model = new EncoderDecoder(options with { Stack = options.Stack with { Mode = settings.Mode } }, seed: 1);
        using var optimizer = new AdamW(ParameterGroups.Of(model));
        using var generator = new Generator(1);
        using var source = randint(SpecialTokens.Count, settings.Vocabulary, [settings.Batch, settings.Tokens],
            int64, generator: generator);
        using var target = randint(SpecialTokens.Count, settings.Vocabulary, [settings.Batch, settings.Tokens],
            int64, generator: generator);
        var outputs = target.data<long>().Select(id => (int)id).ToArray();
        model.train();
        optimizer.ZeroGradients();
        var idle = ResidentMemory.Now();
        var processor = new List<double>();
        var seconds = Timing.MedianSeconds(settings.Steps, step =>
        {
            var start = Environment.CpuUsage.TotalTime;
            Step(step);
            if (step > 0) processor.Add((Environment.CpuUsage.TotalTime - start).TotalSeconds);
        });
        return new(seconds, idle, ResidentMemory.Peak(), Statistics.Median(processor));

        void Step(int step)
        {
            using var scope = NewDisposeScope();
            model.Clock.Step = step;
            var states = model.Decode(target, model.Encode(source), source);
            // what a trainer computes
            using var loss = OutputLoss.Mean(states.flatten(0, 1), model.Output, outputs, SpecialTokens.Padding, LabelSmoothing);
            loss.Value.backward();
            optimizer.Step(step + 1, 1e-4);
            optimizer.ZeroGradients();
        }
    }
}
