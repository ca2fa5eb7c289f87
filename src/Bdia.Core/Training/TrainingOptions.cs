using System.Text.Json.Serialization;
using Bdia.Core.Common;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>How to train, whatever the model: length, optimizer, schedule, early stopping, checkpoints.</summary>
public sealed record TrainingOptions
{
    /// <summary>Passes over the training data, 1..1,000,000. Default 30.</summary>
    public int Epochs { get; init; } = 30;

    /// <summary>Most rows of a batch that is chosen where <see cref="BatchSize"/> is null.</summary>
    internal const int LargestAutomaticBatch = 128;

    /// <summary>
    /// Rows per batch, 1..1,000,000; null = chosen by whoever knows the rows, so that there are steps enough: up to 128. Default null. (A
    /// source that counts tokens may ignore it.)
    /// </summary>
    public int? BatchSize { get; init; }

    /// <summary>
    /// Batches whose gradients are gathered for one optimizer step, 1..100,000. Default 1. The gradient is that of one
    /// batch of all their items, up to rounding: each batch counts by the weight of its items.
    /// </summary>
    public int AccumulationSteps { get; init; } = 1;

    /// <summary>
    /// Memory that training may take beyond the process without it, in bytes, above 0; null = not limited. Batches that are estimated to
    /// take more are cut into equal parts, and the parts gathered for one step, which so takes the same rows. Default null. (A loop of your
    /// own over <see cref="Trainer{TBatch}"/> ignores it.)
    /// </summary>
    public long? TrainingMemoryBytes { get; init; }

    /// <summary>Peak learning rate, above 0, at most 10; null = chosen by whoever knows the network, or else 0.001. Default null.</summary>
    public double? LearningRate { get; init; }

    /// <summary>Where the cosine schedule ends, as a fraction of the peak, 0..1. Default 0.01.</summary>
    public double FinalLearningRateFraction { get; init; } = 0.01;

    /// <summary>
    /// Share of all steps in which the learning rate rises to its peak, 0..1. Default 0.05. Not used where <see cref="WarmupSteps"/> is
    /// set.
    /// </summary>
    public double WarmupFraction { get; init; } = 0.05;

    /// <summary>Steps in which the learning rate rises to its peak; 0 = use <see cref="WarmupFraction"/>. Default 0.</summary>
    public int WarmupSteps { get; init; }

    /// <summary>How the learning rate runs after the warm-up. Default cosine.</summary>
    public LearningRateSchedule LearningRateSchedule { get; init; } = LearningRateSchedule.Cosine;

    /// <summary>
    /// How gradients become steps: AdamW for every parameter, or Muon for the matrices of the blocks and AdamW for the rest, at one
    /// learning rate; null = Muon for pictures with random weights, AdamW for all else. Default null.
    /// </summary>
    public OptimizerKind? Optimizer { get; init; }

    /// <summary>Muon's memory of the gradient, 0..1, below 1. Default 0.95. Of no effect with AdamW.</summary>
    public double MuonMomentum { get; init; } = AdamW.DefaultMomentum;

    /// <summary>How the optimizer keeps its moments. Default <see cref="MomentFormat.Float32"/>.</summary>
    public MomentFormat MomentFormat { get; init; }

    /// <summary>
    /// Exponential moving average of the weights: the share of it that stays in a step, 0..1, below 1; 0 = none; null = one that reaches
    /// over the last tenth of the run's steps. With an average, it is what is validated, kept as the best and returned, while training
    /// goes on with the weights themselves. Takes one more copy of the weights. Default 0.
    /// </summary>
    public double? EmaDecay { get; init; } = 0;

    /// <summary>AdamW's decoupled weight decay, 0..1; biases, norms and embeddings are exempt. Default 0.05.</summary>
    public double WeightDecay { get; init; } = 0.05;

    /// <summary>AdamW's memory of the gradient, 0..1, below 1. Default 0.9.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>AdamW's memory of the squared gradient, 0..1, below 1. Default 0.999.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Added to AdamW's denominator, 1e-30..1. Default 1e-8.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Largest global gradient norm; longer gradients are shortened to it. 0 = no clipping. Default 1.</summary>
    public double ClipNorm { get; init; } = 1;

    /// <summary>
    /// Whether the optimizer works within the backward pass: it takes the gradients of each block of a stack as soon as they are there, and
    /// the next block's take their place. Saves 4 bytes for every weight of all blocks but one. Weights and moments are the same, bit for
    /// bit. Default false.
    /// </summary>
    /// <remarks>
    /// Clipping needs the norm of all gradients before the first weight changes: with <see cref="ClipNorm"/> above 0, each step goes
    /// forward and back twice, first for the norm alone, and takes about twice as long; with 0 it takes no longer than otherwise. Without
    /// clipping, a gradient that is not finite ends training before it is applied, when blocks above have taken the step already;
    /// checkpoints are whole. Needs <see cref="AccumulationSteps"/> 1, and stacks that do not store activations. With
    /// <see cref="Distributed"/> the gradients of two blocks are alive, of which one travels; a rank that takes several parts of a step
    /// keeps besides the sums that wait for others, as many as the tree over its parts has levels.
    /// </remarks>
    public bool OptimizerInBackward { get; init; }

    /// <summary>Share of the target probability that is spread over all classes, 0..1, below 1. Default 0.</summary>
    public double LabelSmoothing { get; init; }

    /// <summary>Everything random in a run derives from it. Default 0.</summary>
    public ulong Seed { get; init; }

    /// <summary>Epochs from one validation to the next, 1 or more; the last epoch always ends with one. Default 1.</summary>
    public int ValidateEveryEpochs { get; init; } = 1;

    /// <summary>
    /// Which validation figure chooses the best model, and what becomes of epochs that few rows cannot tell apart. Default accuracy.
    /// </summary>
    public ModelSelection BestBy { get; init; } = ModelSelection.Accuracy;

    /// <summary>Validations in a row without progress after which training stops; 0 = never. Default 0.</summary>
    public int EarlyStoppingPatience { get; init; }

    /// <summary>Progress, in the figure of <see cref="BestBy"/>, that early stopping counts as such, 0 or more. Default 0.</summary>
    public double EarlyStoppingMinDelta { get; init; }

    /// <summary>
    /// What becomes of a run whose numbers leave their range. Default <see cref="DivergencePolicy.Throw"/>: an exception, which carries the
    /// best model so far.
    /// </summary>
    public DivergencePolicy OnDivergence { get; init; }

    /// <summary>
    /// Time after which training stops with the best model so far; null = none. A resumed run counts on from the time it had used. Where
    /// not all steps fit into it, the cosine, a warm-up that is a share of the run, and a <see cref="GammaSchedule"/> are those of the time
    /// that there is: give more epochs than fit to use all of it. What the time allows for differs from run to run, and so do the weights;
    /// where all steps fit, they are those of no budget, bit for bit. The last weights are judged when the time is over, which takes that
    /// of one validation more. Default null.
    /// </summary>
    public TimeSpan? TimeBudget { get; init; }

    /// <summary>Folder for checkpoints, created if missing, one run at a time; null = none are written. Default null.</summary>
    public string? CheckpointDirectory { get; init; }

    /// <summary>Optimizer steps from one checkpoint to the next; 0 = by epochs alone. Default 0.</summary>
    public int CheckpointEverySteps { get; init; }

    /// <summary>Epochs from one checkpoint to the next; 0 = by steps alone. One is always written at the end. Default 1.</summary>
    public int CheckpointEveryEpochs { get; init; } = 1;

    /// <summary>
    /// Go on from the newest checkpoint of the folder, or begin where there is none. Default false: a folder with checkpoints is refused,
    /// lest they are lost. Length, learning rate and schedule, regularisation, augmentation, precision and validation data may be others
    /// than before; the steps to come go by them.
    /// </summary>
    public bool Resume { get; init; }

    /// <summary>
    /// Shares the steps among several processes, with the same bytes for 1, 2, 4 or 8 of them; null = this process, without parts. Default
    /// null.
    /// </summary>
    /// <remarks>
    /// The rows of a step are those of <see cref="BatchSize"/> times <see cref="AccumulationSteps"/> on all ranks together; a batch size
    /// that is set must be a multiple of <see cref="DistributedOptions.Parts"/>. Rank 0 reports and writes checkpoints; all ranks return
    /// the same model. A stop that one of them is asked for stops all of them, after the step in which they hear of it.
    /// </remarks>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DistributedOptions? Distributed { get; init; }

    /// <summary>Whether batches are those of <see cref="Distributed"/>'s parts already.</summary>
    internal bool IsCut { get; init; }

    /// <summary>The options of a run whose batches are the parts of a step, where steps have such; else as they are.</summary>
    internal TrainingOptions Cut() => Distributed is not { } shared || IsCut ? this : this with
    {
        BatchSize = BatchSize / shared.Parts,
        AccumulationSteps = AccumulationSteps * shared.Parts,
        IsCut = true,
    };

    /// <summary>The options of a run whose batches, of tokens, are cut into parts, so many of which are gathered for a step.</summary>
    internal TrainingOptions CutInto(int parts)
        => this with { AccumulationSteps = AccumulationSteps * parts, IsCut = Distributed is not null };

    /// <summary>The options of one rank that takes all parts: what memory decides must not depend on how many there are.</summary>
    internal TrainingOptions OnOneRank()
        => Distributed is { } shared ? this with { Distributed = shared with { Ranks = RankGroup.Alone } } : this;

    /// <summary>The least number of parts that is enough and that the parts of a step divide.</summary>
    /// <param name="fewest">As many as memory asks for.</param>
    internal int PartsFor(int fewest)
        => Distributed is { } shared ? (fewest + shared.Parts - 1) / shared.Parts * shared.Parts : fewest;

    /// <summary>Rows per batch, the most that it becomes where it has yet to be chosen.</summary>
    internal int MostRows => BatchSize ?? LargestAutomaticBatch / (IsCut ? Distributed!.Parts : 1);

    /// <summary>How gradients become steps, where that was left open to the end.</summary>
    internal OptimizerKind SureOptimizer => Optimizer ?? OptimizerKind.AdamW;

    /// <summary>Copies of the weights that a moving average takes.</summary>
    internal int MovingAverages => EmaDecay == 0 ? 0 : 1;

    /// <summary>Peak learning rate.</summary>
    internal double PeakLearningRate => LearningRate ?? 1e-3;

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => OptionFaults.Validate(nameof(TrainingOptions), faults => Check(faults));

    /// <summary>Checks every option, and that they suit a network.</summary>
    /// <param name="mode">How the network's stacks get at their states in the backward pass.</param>
    /// <exception cref="ArgumentException">Some are out of range or do not suit the mode; the message lists all of them.</exception>
    public void Validate(BackpropagationMode mode) => OptionFaults.Validate(nameof(TrainingOptions), faults => Check(faults, mode));

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    /// <param name="mode">How the network's stacks get at their states in the backward pass; null where that is not known.</param>
    public void Check(OptionFaults faults, BackpropagationMode? mode = null)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Epochs is >= 1 and <= 1_000_000, nameof(Epochs), Epochs, "1..1,000,000");
        faults.Require(BatchSize is null or (>= 1 and <= 1_000_000), nameof(BatchSize), BatchSize, "1..1,000,000, or null");
        faults.Require(AccumulationSteps is >= 1 and <= 100_000, nameof(AccumulationSteps), AccumulationSteps, "1..100,000");
        faults.Require(TrainingMemoryBytes is null
            or > 0, nameof(TrainingMemoryBytes), TrainingMemoryBytes, "above 0, or null for no limit");
        faults.Require(LearningRate is null or (> 0 and <= 10), nameof(LearningRate), LearningRate, "above 0 and at most 10, or null");
        faults.Require(FinalLearningRateFraction is >= 0 and <= 1, nameof(FinalLearningRateFraction), FinalLearningRateFraction, "0..1");
        faults.Require(WarmupFraction is >= 0 and <= 1, nameof(WarmupFraction), WarmupFraction, "0..1");
        faults.Require(WarmupSteps >= 0, nameof(WarmupSteps), WarmupSteps, "0 or more");
        faults.Require(Enum.IsDefined(LearningRateSchedule), nameof(LearningRateSchedule), LearningRateSchedule,
            "Cosine, InverseSquareRoot or Constant");
        faults.Require(WeightDecay is >= 0 and <= 1, nameof(WeightDecay), WeightDecay, "0..1");
        faults.Require(Optimizer is not { } kind || Enum.IsDefined(kind), nameof(Optimizer), Optimizer, "AdamW or Muon, or null");
        faults.Require(MuonMomentum is >= 0 and < 1, nameof(MuonMomentum), MuonMomentum, "at least 0 and below 1");
        faults.Require(Enum.IsDefined(MomentFormat), nameof(MomentFormat), MomentFormat, "Float32 or EightBits");
        faults.Require(EmaDecay is null or (>= 0 and < 1), nameof(EmaDecay), EmaDecay, "at least 0 and below 1, or null");
        faults.Require(Beta1 is >= 0 and < 1, nameof(Beta1), Beta1, "at least 0 and below 1");
        faults.Require(Beta2 is >= 0 and < 1, nameof(Beta2), Beta2, "at least 0 and below 1");
        faults.Require(Epsilon is >= AdamW.SmallestEpsilon and <= 1, nameof(Epsilon), Epsilon, $"from {AdamW.SmallestEpsilon} to 1");
        faults.Require(ClipNorm is >= 0 and < double.PositiveInfinity, nameof(ClipNorm), ClipNorm, "0 (off) or a finite norm");
        // Of batches that are cut, one for each part of a step.
        faults.Require(!OptimizerInBackward || AccumulationSteps <= (IsCut ? Distributed!.Parts : 1), nameof(OptimizerInBackward),
            OptimizerInBackward, $"false where AccumulationSteps is {AccumulationSteps}, since gradients are gathered over so many batches "
            + "first; set one of the two to false or 1");
        faults.Require(!OptimizerInBackward || mode != BackpropagationMode.StoreActivations, nameof(OptimizerInBackward),
            OptimizerInBackward, $"false where Mode is {mode}, in which all gradients come at once; set it to false, or Mode to "
            + "Reversible or Checkpointed");
        faults.Require(LabelSmoothing is >= 0 and < 1, nameof(LabelSmoothing), LabelSmoothing, "at least 0 and below 1");
        faults.Require(ValidateEveryEpochs >= 1, nameof(ValidateEveryEpochs), ValidateEveryEpochs, "1 or more");
        faults.Require(Enum.IsDefined(BestBy), nameof(BestBy), BestBy, "Accuracy, Loss or Score");
        faults.Require(EarlyStoppingPatience >= 0, nameof(EarlyStoppingPatience), EarlyStoppingPatience, "0 (off) or more");
        faults.Require(EarlyStoppingMinDelta is >= 0
            and < double.PositiveInfinity, nameof(EarlyStoppingMinDelta), EarlyStoppingMinDelta, "0 or more, and finite");
        faults.Require(Enum.IsDefined(OnDivergence), nameof(OnDivergence), OnDivergence, "Throw or ReturnBest");
        faults.Require(TimeBudget is null || TimeBudget > TimeSpan.Zero, nameof(TimeBudget), TimeBudget, "above zero, or null for none");
        faults.Require(CheckpointDirectory is null
            || CheckpointDirectory.Trim().Length > 0, nameof(CheckpointDirectory), "empty", "a folder, or null for none");
        faults.Require(CheckpointEverySteps >= 0, nameof(CheckpointEverySteps), CheckpointEverySteps, "0 (by epochs alone) or more");
        faults.Require(CheckpointEveryEpochs >= 0, nameof(CheckpointEveryEpochs), CheckpointEveryEpochs, "0 (by steps alone) or more");
        Distributed?.Check(faults);
        faults.Require(Distributed is null || IsCut || BatchSize is not { } rows || rows % Math.Max(1, Distributed.Parts) == 0,
            nameof(BatchSize), BatchSize, $"a multiple of Distributed.Parts, {Distributed?.Parts}, into which each batch is cut");
        faults.Require(!OptimizerInBackward || Distributed is not { ShardOptimizer: true }, nameof(OptimizerInBackward),
            OptimizerInBackward, "false where Distributed.ShardOptimizer is set, whose steps need all gradients first; set one of the two "
            + "to false");
        faults.Require(!Resume || CheckpointDirectory is not null, nameof(Resume), Resume, "false where CheckpointDirectory is null");
    }
}
