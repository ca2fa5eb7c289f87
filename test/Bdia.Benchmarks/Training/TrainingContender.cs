using Bdia.Core.Blocks;
using Bdia.Core.Models;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>Whole training steps (forward, backward, optimizer) of one contender, on random pictures.</summary>
internal static class TrainingContender
{
    public static TrainingFigures Run(TrainingSettings settings)
    {
        var options = settings.Network();
        using var model = Create(settings.Method, options);
        var bdia = model as VisionTransformer;
        var matrices = bdia is null ? null : BlockMatrices.Of([bdia.Blocks]);
        var groups = ParameterGroups.Of(model, null, null,
            settings.Method == TrainingMethod.ReversibleMuonInBackward ? matrices : null);
        var inEightBits = settings.Moments == MomentFormat.EightBits
            ? matrices!.Keys.ToHashSet<Tensor>(ReferenceEqualityComparer.Instance) : null;
        using var optimizer = new AdamW(groups, 0.9, 0.999, 1e-8, 0.05, AdamW.DefaultMomentum, inEightBits);
        using var generator = new Generator(1);
        using var images = randn([settings.Batch, options.Channels, options.ImageHeight, options.ImageWidth], generator: generator);
        using var labels = randint(options.Classes, [settings.Batch], int64, generator: generator);
        model.train();
        using var inBackward = settings.Method is TrainingMethod.ReversibleInBackward or TrainingMethod.ReversibleMuonInBackward
            ? new AdamWInBackward(optimizer, [bdia!.Blocks]) : null;
        if (inBackward is null && settings.Gradients == GradientMemory.Zeroed) optimizer.ZeroGradients();
        // what building the model left is not the model's
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        var idle = ResidentMemory.Now();

        var processor = new List<double>();
        var seconds = Timing.MedianSeconds(settings.Steps, step =>
        {
            var start = Environment.CpuUsage.TotalTime;
            Step(step);
            if (step > 0) processor.Add((Environment.CpuUsage.TotalTime - start).TotalSeconds);
        });
        var peak = ResidentMemory.Peak(); // before the matrix products below
        return new(seconds, idle, peak, bdia?.Blocks.SideInformationBytes
            ?? 0, model.parameters().Sum(p => p.numel()), MatrixRate.Measure(settings.Precision), ArithmeticLimit.Measure(),
            Statistics.Median(processor));

        void Step(int step)
        {
            using var scope = NewDisposeScope();
            if (bdia is not null) bdia.Clock.Step = step;
            if (inBackward is not null)
            {
                inBackward.Step(Backward, step + 1, 1e-4);
                return;
            }

            Backward();
            optimizer.Step(step + 1, 1e-4);
            if (settings.Gradients == GradientMemory.Zeroed) optimizer.ZeroGradients();
            else optimizer.ClearGradients();
        }

        void Backward() => nn.functional.cross_entropy(model.forward(images), labels).backward();
    }

    private static nn.Module<Tensor, Tensor> Create(TrainingMethod method, VisionTransformerOptions options)
    {
        var block = new TransformerBlockOptions { Width = options.Width, Heads = options.Heads,
            FeedForwardWidth = options.FeedForwardWidth, Precision = options.Precision };
        var squareRoot = (int)Math.Ceiling(Math.Sqrt(options.Depth));
        return method switch
        {
            TrainingMethod.Plain => Plain(null),
            TrainingMethod.PlainCheckpointed => Plain(1),
            TrainingMethod.PlainSqrtCheckpointed => Plain(squareRoot),
            TrainingMethod.RevVit => new PictureNetwork(options, generator => new RevVitStack(block, options.Depth, generator)),
            _ => new VisionTransformer(options, seed: 1),
        };

        PictureNetwork Plain(int? segment)
            => new(options, _ => new PlainStack(Enumerable.Range(0, options.Depth).Select(_ => new PlainBlock(block)), segment));
    }
}
