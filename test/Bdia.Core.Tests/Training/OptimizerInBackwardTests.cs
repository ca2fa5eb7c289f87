using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.SequenceToSequence;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Nets = Bdia.Core.Tests.Reversible.Stacks;

namespace Bdia.Core.Tests.Training;

/// <summary>The option as the trainer takes it; what a step does is tested with <see cref="AdamWInBackward"/>.</summary>
public sealed class OptimizerInBackwardTests
{
    private static readonly TrainingOptions Short =
        new() { Epochs = 2, BatchSize = 16, LearningRate = 3e-3, Seed = 7, ClipNorm = 0.5, OptimizerInBackward = true };

    private static readonly VisionTransformerOptions Network = new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 3,
            Heads = 2, FeedForwardWidth = 32, Dropout = 0.1,
    };

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void An_image_classifier_ends_with_the_bits_and_figures_of_the_ordinary_way(double clip)
    {
        var norms = new List<double>();
        using var inBackward = Images(Short with { ClipNorm = clip }, norms.Add);
        using var ordinary = Images(Short with { ClipNorm = clip, OptimizerInBackward = false }, norms.Add);
        Assert.Equal(Weights.Bytes(ordinary.Model), Weights.Bytes(inBackward.Model));
        Assert.Equal(norms[(norms.Count / 2)..], norms[..(norms.Count / 2)]);
        Assert.Contains(norms, norm => norm > 0.5);
        var (a, b) = (ordinary.Result!, inBackward.Result!);
        Assert.Equal(a.History.Select(epoch => (epoch.TrainingLoss, epoch.TrainingAccuracy, epoch.Validation)),
            b.History.Select(epoch => (epoch.TrainingLoss, epoch.TrainingAccuracy, epoch.Validation)));
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void A_translator_ends_with_the_bits_and_figures_of_the_ordinary_way(double clip)
    {
        using var inBackward = Texts(Short with { ClipNorm = clip });
        using var ordinary = Texts(Short with { ClipNorm = clip, OptimizerInBackward = false });
        Assert.Equal(Weights.Bytes(ordinary.Model), Weights.Bytes(inBackward.Model));
        Assert.Equal(ordinary.Result!.BestValidation, inBackward.Result!.BestValidation);
    }

    [Fact]
    public void A_run_may_be_resumed_with_the_option_switched_and_ends_with_the_same_bits()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-in-backward-").FullName;
        try
        {
            var options = Short with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            Stop(options with { OptimizerInBackward = false }, atStep: 2);
            Stop(options, atStep: 4);
            using var resumed = Images(options with { OptimizerInBackward = false });
            using var whole = Images(Short);
            Assert.Equal(4, resumed.Result!.ResumedAtStep);
            Assert.Equal(Weights.Bytes(whole.Model), Weights.Bytes(resumed.Model));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }

        static void Stop(TrainingOptions options, int atStep)
        {
            var steps = 0;
            Assert.Throws<FormatException>(() => Images(options, _ => { if (++steps == 2) throw new FormatException($"at {atStep}"); }));
        }
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(1.0)]
    public void A_gradient_that_is_not_finite_is_an_error_and_with_clipping_changes_no_weight(double clip)
    {
        using var task = new StackTask();
        var before = Weights.Bytes(task.Module);
        var fault = Assert.Throws<TrainingDivergedException>(() => task.Train(Short with { ClipNorm = clip }));
        Assert.Contains("gradient norm", fault.Message, StringComparison.Ordinal);
        Assert.Equal(1, fault.Step);
        Assert.Equal(clip > 0, before.SequenceEqual(Weights.Bytes(task.Module)));
        Assert.All(task.Module.parameters(), parameter => Assert.Null(parameter.grad));
    }

    [Fact]
    public void A_loss_that_is_not_finite_changes_no_weight()
    {
        using var task = new StackTask { LossFactor = float.PositiveInfinity };
        var before = Weights.Bytes(task.Module);
        Assert.Contains("loss", Assert.Throws<TrainingDivergedException>(() => task.Train(Short with { ClipNorm = 0 })).Message,
            StringComparison.Ordinal);
        Assert.Equal(before, Weights.Bytes(task.Module));
    }

    [Fact]
    public void The_reason_why_states_could_not_be_rebuilt_reaches_the_caller()
    {
        using var task = new StackTask(impure: true);
        Assert.Contains("do not fit together", Assert.Throws<ReversibilityException>(() => task.Train(Short)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_it_cannot_go_with_is_refused_before_any_row_is_read()
    {
        var rows = new ToyImages(40);
        Refuses("OptimizerInBackward is True; it must be false where AccumulationSteps is 2",
            Short with { AccumulationSteps = 2 }, Network);
        Refuses("OptimizerInBackward is True; it must be false where Mode is StoreActivations", Short,
            Network with { Stack = new() { Mode = BackpropagationMode.StoreActivations } });
        Refuses("TrainingMemoryBytes is 3145728 (3 MiB), but a batch of 16 images takes",
            Short with { TrainingMemoryBytes = 3 << 20 }, Network);
        Assert.Equal(0, rows.Passes);
        Assert.Contains("but a batch of ",
            Assert.Throws<ArgumentException>(() => Texts(Short with { TrainingMemoryBytes = 3 << 20 })).Message, StringComparison.Ordinal);

        var task = new ToyTask();
        using var net = task.Net;
        Assert.Contains("There is no stack", Assert.Throws<ArgumentException>(() => task.Train(Short, new ToySource(64, 16, 5))).Message,
            StringComparison.Ordinal);

        void Refuses(string text, TrainingOptions options, VisionTransformerOptions model)
            => Assert.Contains(text, Assert.Throws<ArgumentException>(
                () => ImageClassifierTraining.Run(model, options, new(), rows,
                cancellation: TestContext.Current.CancellationToken)).Message, StringComparison.Ordinal);
    }

    private static ImageClassifier Images(TrainingOptions options, Action<double>? norm = null)
        => ImageClassifierTraining.Run(
            Network, options, new() { AugmentFlip = true, MixupAlpha = 0.2 }, new ToyImages(40),
            progress: new Call(report => { if (report.CompletedEpoch is null) norm?.Invoke(report.GradientNorm); }),
                cancellation: TestContext.Current.CancellationToken);

    private static Translator Texts(TrainingOptions options)
        => TranslatorTraining.Run(
            TranslatorTrainingTests.Tiny with { Dropout = 0.1, TieOutput = true }, options with { BestBy = ModelSelection.Loss },
                TranslatorTrainingTests.Words, Toy.Pairs(60),
            cancellation: TestContext.Current.CancellationToken);

    /// <summary>A stack of which the middle block has a gradient that is not finite, or the lowest one does not repeat itself.</summary>
    private sealed class StackTask : ITrainingTask<ToyBatch>, IDisposable
    {
        private readonly BdiaStack stack;

        public StackTask(bool impure = false)
        {
            Residual lowest = new Nets.Mixer(8, 1, 0, false);
            stack = new BdiaStack("stack",
                [impure ? new Nets.Impure(lowest) : lowest, impure ? new Nets.Mixer(8, 3, 0, false)
                : new Nets.Steep(8), new Nets.Mixer(8, 2, 0, false)], null, Clock);
        }

        public float LossFactor { get; init; } = 1;

        public nn.Module Module => stack;

        public TrainingClock Clock { get; } = new(1);

        public IReadOnlyList<BdiaStack> Stacks => [stack];

        public IReadOnlyCollection<string> WithoutDecay => [];

        public IReadOnlyDictionary<string, string> Identity { get; } = new Dictionary<string, string>();

        public bool HasValidation => false;

        public ReversibilityException? BackwardFault => stack.BackwardFault;

        public long SideInformationBytes => 0;

        public BatchLoss Loss(ToyBatch batch) => new(stack.forward(Nets.Normal(3, 2, 4, 8)).Squared().sum().Times(LossFactor), 2, 2);

        public ValidationResult? Validate(int epoch, StopSignal stop) => null;

        public void Train(TrainingOptions options)
            => new Trainer<ToyBatch>(options).Run(this, new ToySource(64, 16, 5), cancellation: TestContext.Current.CancellationToken);

        public void Dispose() => stack.Dispose();
    }
}
