using Bdia.Core.Reversible;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Bdia.Core.Tests.Training;

/// <summary>The schedule that looks: what it makes of figures, and that a run with it goes on to the same bits.</summary>
public sealed class AutomaticGammaTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("bdia-gamma-").FullName;

    private static readonly TrainingOptions Options = new() { Epochs = 12, LearningRate = 0.02, Seed = 5, BestBy = ModelSelection.Loss };

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Theory]
    [InlineData(1.0, 2.0, null, null, 0.5)]
    [InlineData(2.0, 1.0, null, null, -1.0)]
    [InlineData(1.0, 2.0, 0.9, 0.5, 0.8)] // a tenth wrong of training rows, a half of the others
    [InlineData(2.0, 1.5, 0.8, 0.5, 0.6)] // label smoothing: the loss tells nothing, the answers do
    [InlineData(1.0, 2.0, 0.5, 0.5, 0.5)]
    [InlineData(1.0, 0.0, 1.0, 1.0, 0.0)]
    public void Gap_is_the_larger_part_that_training_rows_do_not_have(double trained, double held, double? trainedRight, double? heldRight,
        double expected)
        => Assert.Equal(expected, AutomaticGamma.Gap(new(1, trained, trainedRight, 0, 0, new(held, 10, heldRight)))!.Value, 1e-12);

    [Fact]
    public void Strengths_follow_the_figures_of_a_run_as_documented()
    {
        double?[] gaps = [-0.1, 0.05, 0.19, 0.21, 0.3, null, 0.25, 0.9, 0.9, 0.9, 0.1, -0.01, 0.0, 0.2, 0.21, 0.3];
        int[] expected = [0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 5, 4, 4, 4, 5, 5];
        var strength = 0;
        var strengths = gaps.Select(gap => strength = AutomaticGamma.Next(strength, gap, progress: 0.5)).ToArray();
        Assert.Equal(expected, strengths);
        Assert.Equal(2, AutomaticGamma.Next(2, 0.9, progress: 0.9)); // too late to pay
        Assert.Equal(3, AutomaticGamma.Next(2, 0.9, progress: 0.899));
        Assert.Equal("Epoch 41: gap 0.31 between training and held-back rows, gamma from ±1/4 to ±3/8.",
            AutomaticGamma.Told(41, 0.312, 3, 4));
    }

    [Fact]
    public void A_run_moves_its_strength_by_its_epochs_and_says_so()
    {
        // Losses that no training has: held-back rows far worse, far better, and not judged.
        double?[] held = [1e3, 1e3, null, 1e3, 1e-3, 1e3, 1e3, 1e3, 1e3, 1e3, 1e-3, 1e-3];
        var seen = new HashSet<(int Epoch, int Strength)>();
        var notes = new Notes();
        using var task = new StackTask((epoch, _) => held[epoch - 1] is { } loss ? new(loss, 50) : null)
        {
            OnClock = clock => seen.Add(((int)(clock.Step / 5) + 1, clock.Strength)),
        };
        var result = new Trainer<ToyBatch>(Options).Run(task, new ToySource(70, 16, 5), notes: notes,
            cancellation: TestContext.Current.CancellationToken);

        string[] expected = ["1/32", "1/16", "1/8", "1/8", "1/4", "1/8", "1/4", "3/8", "1/2", "1/2", "1/2", "1/2"];
        Assert.Equal(expected, result.History.Select(epoch => epoch.Gamma));
        string[] names = [.. Enumerable.Range(0, GammaStrengths.All.Count).Select(GammaStrengths.Name)];
        Assert.Equal(expected.Select((gamma, i) => (i + 1, Array.IndexOf(names, gamma))), seen.Order());
        Assert.StartsWith("Epoch 1: gap 1.00 between training and held-back rows, gamma from ±1/32 to ±1/16.", notes.All[0].Text,
            StringComparison.Ordinal);
        Assert.Equal(7, notes.All.Count);
    }

    [Theory]
    [InlineData(3)]
    [InlineData(17)]
    [InlineData(25)]
    [InlineData(44)]
    public void A_run_that_was_stopped_goes_on_to_the_same_bits(int stopAfter)
    {
        var options = Options with { CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
        var steps = 0;
        Train(options, () => ++steps > stopAfter);
        var (resumed, weights) = Train(options);

        var (whole, expected) = Train(Options);
        Assert.Equal(expected, weights);
        Assert.Equal(whole.History.Select(epoch => epoch.Gamma), resumed.History.Select(epoch => epoch.Gamma));
        Assert.True(whole.History.Select(epoch => epoch.Gamma).Distinct().Count() > 2); // it did move
    }

    /// <summary>Not a test: what the child process runs, which is this assembly once more.</summary>
    [Fact(Explicit = true)]
    public void Child() => KilledChild.Live((checkpoints, progress) => Train(
        Options with { Epochs = 40, CheckpointDirectory = checkpoints, CheckpointEverySteps = 1, Resume = true }, null, progress).Weights);

    [Fact]
    [Trait("Category", "Slow")]
    public void A_process_killed_at_random_moments_and_resumed_ends_with_the_same_bits()
    {
        using var child = new KilledChild($"{typeof(AutomaticGammaTests).FullName}.{nameof(Child)}");
        Assert.Equal(child.RunAndKill(latestKill: 400), Train(Options with { Epochs = 40 }).Weights);
    }

    [Fact]
    public void Without_rows_to_validate_on_it_is_refused()
    {
        using var task = new StackTask(null);
        var fault = Assert.Throws<ArgumentException>(
            () => new Trainer<ToyBatch>(Options).Run(task, new ToySource(70, 16, 5), cancellation: TestContext.Current.CancellationToken));
        Assert.Contains("Gamma is auto, but there is nothing to validate on", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_takes_no_strength_that_there_is_not()
    {
        var clock = new TrainingClock(1) { Strength = GammaStrengths.Largest };
        Assert.Equal(IntegrationWeight.Exponent(1), GammaSchedule.Automatic.At(clock));
        Assert.Equal(5, clock.Freeze().Strength);
        Assert.Contains("from 0 to 5", Assert.Throws<ArgumentOutOfRangeException>(() => clock.Strength = 6).Message);
        Assert.Throws<ArgumentOutOfRangeException>(() => clock.Strength = -1);
    }

    private static (TrainingResult Result, byte[] Weights) Train(TrainingOptions options, Func<bool>? probe = null,
        Action<TrainingProgress>? progress = null)
    {
        // Up for some epochs, down for one, by the module's own loss on other rows: resumed, it is the same.
        StackTask? task = null;
        using var owner = task = new StackTask((epoch, _) => new(task!.Unseen() * (epoch % 4 == 0 ? 1e-3 : 1e3), 50));
        var result = new Trainer<ToyBatch>(options).Run(task, new ToySource(70, 16, 5), progress is null ? null : new Call(progress),
            stopProbe: probe, cancellation: TestContext.Current.CancellationToken);
        return (result, Weights.Bytes(task.Module));
    }

    /// <summary>Cross-entropy of a stack with automatic gamma on rows of four numbers.</summary>
    private sealed class StackTask : ITrainingTask<ToyBatch>, IDisposable
    {
        private readonly Net net = new();
        private readonly Func<int, StopSignal, ValidationResult?>? validate;

        public StackTask(Func<int, StopSignal, ValidationResult?>? validate) => this.validate = validate;

        public nn.Module Module => net;

        public TrainingClock Clock => net.Blocks.Clock;

        public IReadOnlyCollection<string> WithoutDecay => [];

        public IReadOnlyDictionary<string, string> Identity { get; } = new Dictionary<string, string>();

        public bool HasValidation => validate is not null;

        public ReversibilityException? BackwardFault => net.Blocks.BackwardFault;

        public long SideInformationBytes => net.Blocks.SideInformationBytes;

        public Action<TrainingClock>? OnClock { get; init; }

        public BatchLoss Loss(ToyBatch batch)
        {
            OnClock?.Invoke(Clock);
            return new(Judge(batch), batch.Y.Length, batch.Y.Length, null);
        }

        public ValidationResult? Validate(int epoch, StopSignal stop) => validate!(epoch, stop);

        public float Unseen() => Judge(ToySource.Batch([.. Enumerable.Range(1000, 50)])).item<float>();

        public void Dispose() => net.Dispose();

        private Tensor Judge(ToyBatch batch) => nn.functional.cross_entropy(net.Forward(tensor(batch.X, [batch.Y.Length, 1, 4])),
            tensor(batch.Y));
    }

    private sealed class Net : nn.Module
    {
        private readonly Parameter head = new(Stacks.Normal(9, 4, 2));

        public Net() : base(nameof(Net))
        {
            Blocks = new BdiaStack("blocks", Enumerable.Range(0, 3).Select(k => new Stacks.Mixer(4, (ulong)k + 1, 0.1, false)),
                new() { Gamma = GammaSchedule.Automatic }, new TrainingClock(5));
            register_module("blocks", Blocks);
            register_parameter("head", head);
        }

        public BdiaStack Blocks { get; }

        public Tensor Forward(Tensor x) => Blocks.forward(x).squeeze(1).matmul(head);
    }
}
