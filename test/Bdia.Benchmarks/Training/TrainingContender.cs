using System.Diagnostics;
using Bdia.Core.Models;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>Whole training steps (forward, backward, optimizer) of one contender, on random pictures.</summary>
internal static class TrainingContender
{
    private const int ImageSize = 32, Classes = 10;

    public static TrainingFigures Run(TrainingSettings settings)
    {
        var options = new VisionTransformerOptions
        {
            ImageHeight = ImageSize, ImageWidth = ImageSize, Channels = 3, Classes = Classes, PatchSize = 4,
            Width = settings.Width, Depth = settings.Depth, Heads = settings.Width / 64 is 0 ? 1 : settings.Width / 64, FeedForwardWidth = settings.Width * 2,
            Precision = settings.Precision,
            Stack = new() { Mode = settings.Mode, Gamma = Core.Reversible.GammaSchedule.Exponent(settings.Exponent) },
        };
        using var model = new VisionTransformer(options, seed: 1);
        using var groups = new Holder(model);
        using var generator = new Generator(1);
        using var images = randn([settings.Batch, 3, ImageSize, ImageSize], generator: generator);
        using var labels = randint(Classes, [settings.Batch], int64, generator: generator);
        model.train();
        groups.Optimizer.ZeroGradients();
        var idle = ResidentMemory.Now();

        var seconds = new List<double>();
        for (var step = 0; step <= settings.Steps; step++)
        {
            var watch = Stopwatch.StartNew();
            using (var scope = NewDisposeScope())
            {
                model.Clock.Step = step;
                nn.functional.cross_entropy(model.forward(images), labels).backward();
                groups.Optimizer.Step(step + 1, 1e-4);
                groups.Optimizer.ZeroGradients();
            }

            if (step > 0) seconds.Add(watch.Elapsed.TotalSeconds);
        }

        seconds.Sort();
        return new(seconds[seconds.Count / 2], idle, ResidentMemory.Peak(), model.Blocks.SideInformationBytes, model.parameters().Sum(p => p.numel()));
    }

    private sealed class Holder(VisionTransformer model) : IDisposable
    {
        public AdamW Optimizer { get; } = new(ParameterGroups.Of(model));

        public void Dispose() => Optimizer.Dispose();
    }
}
