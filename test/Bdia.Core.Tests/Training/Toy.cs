using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Training;

/// <summary>A hand-written network of 4 inputs, 16 tanh units and 2 classes: small enough to run thousands of steps in a test.</summary>
internal sealed class ToyModule : nn.Module
{
    public readonly TorchSharp.Modules.Parameter fc1, bias1, fc2;

    public ToyModule(ulong seed) : base(nameof(ToyModule))
    {
        fc1 = Normal(RandomSequence.At(seed, 1), 16, 4);
        bias1 = new TorchSharp.Modules.Parameter(zeros(16));
        fc2 = Normal(RandomSequence.At(seed, 2), 2, 16);
        RegisterComponents();
    }

    public Tensor Forward(Tensor x) => x.matmul(fc1.t()).Plus(bias1).tanh().matmul(fc2.t());

    private static TorchSharp.Modules.Parameter Normal(RandomSequence random, int rows, int columns)
    {
        var values = new float[rows * columns];
        for (var i = 0; i < values.Length; i++) values[i] = (float)(0.5 * random.NextGaussian());
        return new TorchSharp.Modules.Parameter(tensor(values, [rows, columns]));
    }
}

/// <summary>A batch that knows whether it was disposed.</summary>
internal sealed class ToyBatch(float[] x, long[] y) : IDisposable
{
    public float[] X => x;

    public long[] Y => y;

    public bool Disposed { get; private set; }

    public void Dispose() => Disposed = true;
}

/// <summary>Rows whose class is the sign of a fixed combination of the inputs, with a few labels flipped; shuffled by epoch.</summary>
internal sealed class ToySource(int rows, int batchSize, ulong seed) : IBatchSource<ToyBatch>
{
    public List<ToyBatch> Given { get; } = [];

    public int BatchCount(int epoch) => (rows + batchSize - 1) / batchSize;

    public IEnumerable<ToyBatch> Read(int epoch, int firstBatch, CancellationToken cancellation)
    {
        var order = WindowShuffle.Order(rows, rows, RandomSequence.At(seed, (ulong)epoch)).Select(step => step.Row).ToArray();
        foreach (var chunk in order.Chunk(batchSize).Skip(firstBatch))
        {
            var batch = Batch(chunk);
            lock (Given) Given.Add(batch);
            yield return batch;
        }
    }

    public static ToyBatch Batch(int[] rows)
    {
        var (x, y) = (new float[rows.Length * 4], new long[rows.Length]);
        for (var i = 0; i < rows.Length; i++)
        {
            var random = RandomSequence.At(77, (ulong)rows[i]);
            for (var j = 0; j < 4; j++) x[4 * i + j] = (float)random.NextGaussian();
            y[i] = x[4 * i] - x[4 * i + 2] > 0 ? 1 : 0;
            if (random.NextUniform() < 0.1) y[i] = 1 - y[i];
        }

        return new ToyBatch(x, y);
    }
}

/// <summary>Cross-entropy on <see cref="ToyModule"/>; what a test wants otherwise, it overrides by a delegate.</summary>
internal sealed class ToyTask(ulong seed = 1) : ITrainingTask<ToyBatch>
{
    public ToyModule Net { get; } = new(seed);

    public nn.Module Module => Net;

    public TrainingClock Clock { get; } = new(seed);

    public IReadOnlyCollection<string> WithoutDecay { get; init; } = [];

    public IReadOnlyDictionary<string, string> Identity { get; init; } = new Dictionary<string, string> { ["Rows"] = "64" };

    public IReadOnlyCollection<string> Adjustable { get; init; } = [];

    public IReadOnlyCollection<string> Judgement { get; init; } = [];

    public bool HasValidation => OnValidate is not null;

    public ReversibilityException? BackwardFault { get; set; }

    public long SideInformationBytes => 42;

    public Func<int, StopSignal, ValidationResult?>? OnValidate { get; init; }

    public Func<int, StopSignal, ValidationResult?>? OnValidateAverage { get; init; }

    public Func<Tensor, Tensor>? OnLoss { get; init; }

    public Action<TrainingClock>? OnClock { get; init; }

    public BatchLoss Loss(ToyBatch batch)
    {
        Assert.False(batch.Disposed);
        Assert.True(Net.training);
        OnClock?.Invoke(Clock);
        var (loss, correct) = Judge(batch);
        return new BatchLoss(OnLoss?.Invoke(loss) ?? loss, batch.Y.Length, batch.Y.Length, correct);
    }

    public ValidationResult? Validate(int epoch, StopSignal stop)
    {
        Assert.False(Net.training);
        return OnValidate!(epoch, stop);
    }

    public ValidationResult? ValidateAverage(int epoch, StopSignal stop) => (OnValidateAverage ?? OnValidate)!(epoch, stop);

    /// <summary>Validation on 50 unseen rows.</summary>
    public ValidationResult Unseen()
    {
        var (loss, correct) = Judge(ToySource.Batch([.. Enumerable.Range(1000, 50)]));
        return new ValidationResult(loss.item<float>(), 50, correct / 50.0);
    }

    private (Tensor Loss, long Correct) Judge(ToyBatch batch)
    {
        var logits = Net.Forward(tensor(batch.X, [batch.Y.Length, 4]));
        var labels = tensor(batch.Y);
        return (nn.functional.cross_entropy(logits, labels), logits.argmax(1).eq(labels).sum().item<long>());
    }
}

/// <summary>An <see cref="IProgress{T}"/> that calls at once, on the same thread.</summary>
internal sealed class Call(Action<TrainingProgress> action) : IProgress<TrainingProgress>
{
    public void Report(TrainingProgress value) => action(value);
}

internal static class Weights
{
    /// <summary>All tensors of a module as bytes, to compare runs to the last bit.</summary>
    public static byte[] Bytes(nn.Module module)
        => [.. module.state_dict().OrderBy(pair => pair.Key).SelectMany(pair => pair.Value.bytes.ToArray())];
}

internal static class ToyRuns
{
    /// <summary>Trains; cancellation comes as its source, or else the test's own token would be asked for at every call.</summary>
    public static TrainingResult Train(
        this ToyTask task, TrainingOptions options, IBatchSource<ToyBatch> source,
        Action<TrainingProgress>? progress = null, Func<bool>? probe = null, CancellationTokenSource? cancel = null, Notes? notes = null)
        => new Trainer<ToyBatch>(options)
            .Run(task, source, progress is null ? null : new Call(progress), notes, probe, cancel?.Token ?? CancellationToken.None);
}

/// <summary>Collects what a run tells of itself.</summary>
internal sealed class Notes : IProgress<TrainingNote>
{
    public List<TrainingNote> All { get; } = [];

    public void Report(TrainingNote value) => All.Add(value);
}
