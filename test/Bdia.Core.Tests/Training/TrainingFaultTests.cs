using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.Tests.Training;

/// <summary>Whatever ends a run, the best model that it had is to be had.</summary>
public sealed class TrainingFaultTests
{
    private const int StepsPerEpoch = 5;
    private static readonly TrainingOptions Options = new() { Epochs = 6, LearningRate = 0.02, Seed = 5 };

    /// <summary>A run in which a step fails, and the weights that it had at the end of each epoch.</summary>
    private sealed class FailingRun : IDisposable
    {
        private readonly List<byte[]> ends = [];
        private int losses;

        public FailingRun(int failingStep, bool validates, Func<torch.Tensor, torch.Tensor>? fail = null)
        {
            ToyTask? task = null;
            Task = task = new ToyTask
            {
                OnValidate = validates ? (epoch, _) => new ValidationResult(0.5, 50, epoch == 2 ? 0.9 : 0.5) : null,
                OnLoss = loss => ++losses == failingStep ? (fail ?? (value => value.Times(float.NaN)))(loss) : loss,
            };
        }

        public ToyTask Task { get; }

        public byte[] End(int epoch) => ends[epoch - 1];

        public byte[] Now => Weights.Bytes(Task.Net);

        public TrainingResult Run(TrainingOptions options) => Task.Train(options, new ToySource(70, 16, 5), progress =>
        {
            if (progress.CompletedEpoch is not null) ends.Add(Now);
        });

        public void Dispose() => Task.Net.Dispose();
    }

    [Fact]
    public void Divergence_throws_with_the_best_epoch_in_the_module()
    {
        using var run = new FailingRun(failingStep: 4 * StepsPerEpoch + 2, validates: true);

        var fault = Assert.Throws<TrainingDivergedException>(() => run.Run(Options));

        var result = fault.BestModel<TrainingResult>()!;
        Assert.Equal((2, 4, StopReason.Diverged), (result.BestEpoch!.Value, result.History.Count, result.StopReason));
        Assert.Equal(0.9, result.BestValidation!.Accuracy);
        Assert.Same(fault, result.Fault);
        Assert.Equal(run.End(2), run.Now);
        Assert.False(run.Task.Net.training);
    }

    [Fact]
    public void Without_validation_it_is_the_last_whole_epoch()
    {
        using var run = new FailingRun(failingStep: 3 * StepsPerEpoch + 4, validates: false);

        var result = Assert.Throws<TrainingDivergedException>(() => run.Run(Options)).BestModel<TrainingResult>()!;

        Assert.Equal(3, result.BestEpoch);
        Assert.Null(result.BestValidation);
        Assert.Equal(run.End(3), run.Now);
    }

    [Fact]
    public void Where_no_epoch_has_ended_there_is_no_best_model()
    {
        using var run = new FailingRun(failingStep: 3, validates: true);

        Assert.Null(Assert.Throws<TrainingDivergedException>(() => run.Run(Options with { OnDivergence = DivergencePolicy.ReturnBest }))
            .BestModel<TrainingResult>());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void ReturnBest_gives_it_back_with_the_reason(bool range)
    {
        using var run = new FailingRun(failingStep: 4 * StepsPerEpoch + 2, validates: true, range
            ? _ => throw new ReversibilityException("out of range", 3) : null);

        var result = run.Run(Options with { OnDivergence = DivergencePolicy.ReturnBest });

        Assert.Equal((StopReason.Diverged, 2), (result.StopReason, result.BestEpoch!.Value));
        Assert.Equal(range, result.Fault is ReversibilityException);
        Assert.Equal(run.End(2), run.Now);
    }

    [Fact]
    public void Any_other_exception_carries_it_too_and_is_thrown_whatever_the_policy()
    {
        using var run = new FailingRun(failingStep: 4 * StepsPerEpoch + 2, validates: true, _ => throw new IOException("the disk is gone"));

        var fault = Assert.Throws<IOException>(() => run.Run(Options with { OnDivergence = DivergencePolicy.ReturnBest }));

        Assert.Equal(2, fault.BestModel<TrainingResult>()!.BestEpoch);
        Assert.Equal(run.End(2), run.Now);
    }

    [Fact]
    public void It_is_found_within_exceptions_that_wrap_it()
    {
        var inner = new IOException();
        inner.CarryBestModel("the model");

        Assert.Equal("the model", new InvalidOperationException("outer", inner).BestModel<string>());
        Assert.Equal("the model", new AggregateException(new IOException(), new InvalidOperationException("outer", inner))
            .BestModel<string>());
        Assert.Null(new InvalidOperationException("outer", new IOException()).BestModel<string>());
        Assert.Null(inner.BestModel<TrainingResult>());
    }

    [Fact]
    public void The_remedy_that_the_message_names_works_with_Resume()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-remedy-").FullName;
        try
        {
            var options = Options with { CheckpointDirectory = folder, Resume = true };
            using var failing = new FailingRun(failingStep: 4 * StepsPerEpoch + 2, validates: true);
            var message = Assert.Throws<TrainingDivergedException>(() => failing.Run(options)).Message;
            Assert.Contains("Lower LearningRate", message, StringComparison.Ordinal);
            Assert.Contains("Resume goes on from the newest", message, StringComparison.Ordinal);

            using var remedied = new FailingRun(failingStep: 0, validates: true);
            var result = remedied.Run(options with { LearningRate = 0.005, ClipNorm = 0.5, WarmupFraction = 0.2 });

            Assert.Equal((StopReason.Completed, 4 * StepsPerEpoch, 6 * StepsPerEpoch),
                (result.StopReason, (int)result.ResumedAtStep, (int)result.Steps));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}
