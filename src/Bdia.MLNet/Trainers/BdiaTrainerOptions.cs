using Bdia.Core.Distributed;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using Microsoft.ML;

namespace Bdia.MLNet;

/// <summary>What can be chosen about every Bdia trainer: the reversible stack, the training run, and where it all happens.</summary>
public abstract class BdiaTrainerOptions
{
    private static readonly BdiaStackOptions stackDefaults = new();

    // Every option that a record has takes its default from there; what only trainers have says so itself.
    private protected BdiaTrainerOptions(params ReadOnlySpan<object> defaults)
    {
        OptionRecords.TakeFrom(this, stackDefaults);
        OptionRecords.TakeFrom(this, defaults);
    }

    /// <summary>The recipe whose defaults these were; null for none.</summary>
    public Recipe? Recipe { get; private protected init; }

    /// <summary>
    /// Rows to validate on; null holds back <see cref="ValidationFraction"/> of the training rows. Fit(train, validation) overrides it.
    /// Default null.
    /// </summary>
    public IDataView? ValidationSet;

    /// <summary>
    /// Share of the training rows that is held back where no validation rows are given, 0..1, below 1; 0 = none. Null is 0.05 for texts
    /// that are written; for classes it is a tenth of the first thousand rows and a fiftieth of those beyond. Default null.
    /// </summary>
    public double? ValidationFraction;

    /// <summary>
    /// Precision of matrix products; states and sums are always Float32. BFloat16 is faster where
    /// <see cref="BdiaRuntime.HasBFloat16Products"/>. Default <see cref="ComputePrecision.Float32"/>.
    /// </summary>
    public ComputePrecision Precision = ComputePrecision.Float32;

    /// <summary>
    /// How the backward pass gets at the states of the blocks. Default <see cref="BackpropagationMode.Reversible"/>: they are rebuilt, bit
    /// for bit.
    /// </summary>
    public BackpropagationMode Mode;

    /// <summary>
    /// Of how many blocks, the last ones, what they compute is kept instead of computed again on the way back, where states are rebuilt:
    /// each takes the memory of a block and saves a third of its time. The weights are the same, bit for bit. 0 or more, all where there
    /// are fewer; null: as many as <see cref="TrainingMemoryBytes"/> has room for, none without it. Default null.
    /// </summary>
    public int? KeptBlocks;

    /// <summary>
    /// The integration weight in training, constant or over the run; a small one trains like the plain network, a large one regularises
    /// more, up to ±1. Null is <see cref="GammaSchedule.Automatic"/> for images, where weights are random and there are rows to validate
    /// on; ±2^-5 otherwise, <see cref="BdiaStackOptions.Gamma"/>. Default null.
    /// </summary>
    public GammaSchedule? Gamma;

    /// <summary>
    /// States are multiples of 2 to the power of minus this, 1..20. Null is 9; with initial weights, theirs, or what their states allow, up
    /// to
    /// 14. Default null.
    /// </summary>
    public int? FractionBits;

    /// <summary>Whether states are rounded to that grid; off needs another <see cref="Mode"/> than Reversible. Default true.</summary>
    public bool Quantize;

    /// <summary>Whether a checksum of every state is compared when it is rebuilt; slower. Default false.</summary>
    public bool Audit;

    /// <summary>The integration weight when scoring, -1..1, for experiments. Default 0: the standard network.</summary>
    public double InferenceGamma;

    /// <summary>Passes over the training rows, 1..1,000,000. Default 30; 20 where texts are generated.</summary>
    public int Epochs;

    /// <summary>Batches whose gradients are gathered for one step, 1..100,000. Default 1.</summary>
    public int AccumulationSteps;

    /// <summary>
    /// Bytes that training may take beyond the process without it, above 0; null = not limited. Batches that are estimated to take more are
    /// cut into equal parts, which are gathered for one step, so that it takes the same rows; where there is room left, it goes into
    /// <see cref="KeptBlocks"/>. The training rows themselves are not counted.
    /// Default null.
    /// </summary>
    public long? TrainingMemoryBytes;

    /// <summary>
    /// Peak learning rate, above 0, at most 10; null for images is 0.128 / width (0.001 at width 128), for texts 0.001. Default null for
    /// images, 0.001 for texts.
    /// </summary>
    public double? LearningRate;

    /// <summary>How the learning rate runs after the warm-up. Default <see cref="LearningRateSchedule.Cosine"/>.</summary>
    public LearningRateSchedule LearningRateSchedule;

    /// <summary>Where the cosine ends, as a fraction of the peak, 0..1. Default 0.01.</summary>
    public double FinalLearningRateFraction;

    /// <summary>
    /// Share of the run in which the learning rate rises to its peak, 0..1. Default 0.05. Not used where <see cref="WarmupSteps"/> is set.
    /// </summary>
    public double WarmupFraction;

    /// <summary>Steps in which the learning rate rises to its peak; 0 = use <see cref="WarmupFraction"/>. Default 0.</summary>
    public int WarmupSteps;

    /// <summary>
    /// How gradients become steps: AdamW for every parameter, or Muon for the matrices of the blocks and AdamW for the rest, at one
    /// learning rate; null = Muon for pictures without initial weights, AdamW for all else. Default null.
    /// </summary>
    public OptimizerKind? Optimizer;

    /// <summary>Muon's memory of the gradient, 0..1, below 1. Default 0.95. Of no effect with AdamW.</summary>
    public double MuonMomentum;

    /// <summary>
    /// How the optimizer keeps its moments: in float32, or those of the blocks' matrices in eight bits, which takes a quarter of their
    /// memory and some time, and costs next to no accuracy. Default <see cref="MomentFormat.Float32"/>.
    /// </summary>
    public MomentFormat MomentFormat;

    /// <summary>
    /// Exponential moving average of the weights: the share of it that stays in a step, 0..1, below 1; 0 = none; null = one that reaches
    /// over the last tenth of the run's steps. With an average, it is what is validated, kept as the best and returned, while training
    /// goes on with the weights themselves. Takes one more copy of the weights. Default 0.
    /// </summary>
    public double? EmaDecay;

    /// <summary>AdamW's weight decay, 0..1; biases, norms and embeddings are exempt. Default 0.05.</summary>
    public double WeightDecay;

    /// <summary>AdamW's memory of the gradient, 0..1, below 1. Default 0.9.</summary>
    public double Beta1;

    /// <summary>AdamW's memory of the squared gradient, 0..1, below 1. Default 0.999 for images, 0.98 for texts.</summary>
    public double Beta2;

    /// <summary>Added to AdamW's denominator, 1e-30..1. Default 1e-8.</summary>
    public double Epsilon;

    /// <summary>Largest norm of the gradient; 0 = no clipping. Default 1.</summary>
    public double ClipNorm;

    /// <summary>
    /// Whether the optimizer takes each block's gradients within the backward pass, as soon as they are there: saves 4 bytes for every
    /// weight of all blocks but one, with the same weights, bit for bit. With <see cref="ClipNorm"/> above 0 a step then takes about twice
    /// as long. Not with <see cref="AccumulationSteps"/> above 1, nor where <see cref="Mode"/> is StoreActivations. Default false.
    /// </summary>
    public bool OptimizerInBackward;

    /// <summary>
    /// Share of the target probability that is spread over all classes, 0..1, below 1. Default 0; 0.1 for a text that becomes another.
    /// </summary>
    public double LabelSmoothing;

    /// <summary>
    /// Everything random derives from it; null draws one from the MLContext, so that runs repeat where the MLContext has a seed, and differ
    /// where it has none. A run that goes on from a checkpoint (<see cref="Resume"/>) takes the checkpoint's where this is null. Default
    /// null.
    /// </summary>
    public int? Seed;

    /// <summary>
    /// Which validation figure chooses the best epoch, whose weights are kept. Of two whose accuracies so few rows cannot tell apart, it is
    /// the later one where its loss is no higher: see <see cref="ModelSelection.Accuracy"/>. Default <see cref="ModelSelection.Accuracy"/>,
    /// which for a text that becomes another is the share of its tokens, and <see cref="ModelSelection.Loss"/> for text generation.
    /// </summary>
    public ModelSelection BestBy;

    /// <summary>Epochs from one validation to the next, 1 or more; the last epoch always ends with one. Default 1.</summary>
    public int ValidateEveryEpochs;

    /// <summary>Validations in a row without progress after which training stops; 0 = never. Default 0.</summary>
    public int EarlyStoppingPatience;

    /// <summary>Progress, in the figure of <see cref="BestBy"/>, that early stopping counts as such, 0 or more. Default 0.</summary>
    public double EarlyStoppingMinDelta;

    /// <summary>
    /// What becomes of a run whose numbers leave their range (training diverges, or states grow beyond what their grid holds). Default
    /// <see cref="DivergencePolicy.Throw"/>: an exception, of which <see cref="TrainingFault.BestModel"/> gives the best model so far. With
    /// <see cref="DivergencePolicy.ReturnBest"/> Fit returns it, and the log warns.
    /// </summary>
    public DivergencePolicy OnDivergence;

    /// <summary>
    /// Time after which training stops with the best model so far; null = none. A resumed run counts on from the time that it had used.
    /// Where not all steps fit into it, the cosine, a warm-up that is a share of the run, and a <see cref="GammaSchedule"/> are those of
    /// the time that there is: give more epochs than fit to use all of it. What the time allows for differs from run to run, and so do the
    /// weights; where all steps fit, they are those of no budget, bit for bit. The last weights are judged when the time is over, which
    /// takes that of one validation more. Default null.
    /// </summary>
    public TimeSpan? TimeBudget;

    /// <summary>
    /// Cancelling it stops training within a batch; Fit returns the best model so far, as it does where AutoML cancels its MLContext.
    /// Default none.
    /// </summary>
    public CancellationToken CancellationToken;

    /// <summary>Called on the training thread after every step and every epoch. Default null.</summary>
    public IProgress<TrainingProgress>? Progress;

    /// <summary>Folder for checkpoints, of one run at a time; null = none. Default null.</summary>
    public string? CheckpointDirectory;

    /// <summary>
    /// Steps from one checkpoint to the next; 0 = by epochs alone. More needs a <see cref="CheckpointDirectory"/>. Default 0.
    /// </summary>
    public int CheckpointEverySteps;

    /// <summary>Epochs from one checkpoint to the next; 0 = by steps alone. Default 1.</summary>
    public int CheckpointEveryEpochs;

    /// <summary>
    /// Go on from the newest checkpoint of the folder, or begin where there is none; the log says which. Epochs, learning rate and
    /// schedule, regularisation, augmentation, precision, <see cref="Gamma"/>, <see cref="FractionBits"/>, validation rows and whatever
    /// concerns time, checkpoints and the log may be others than before; rows, batches and the network's sizes may not, and the exception
    /// names what differs. Default false.
    /// </summary>
    public bool Resume;

    /// <summary>
    /// Shares the steps among several processes that run the same program on the same rows, with the same bytes for 1, 2, 4 or 8 of them:
    /// rows of a step are those of the batch size times <see cref="AccumulationSteps"/> on all of them together. Rank 0 logs and writes
    /// checkpoints; all get the same model. Null = this process, without parts. Default null.
    /// </summary>
    public DistributedOptions? Distributed;

    /// <summary>Rows per forward pass when a view is scored, 1..65536. Default 64.</summary>
    public int ScoringBatchSize = 64;

    /// <summary>"cpu", "cuda" or "cuda:N"; null is the MLContext's GpuDeviceId, or the CPU where it has none. Default null.</summary>
    public string? Device;

    /// <param name="fractionBits">Where <see cref="FractionBits"/> is open; null: the default.</param>
    internal BdiaStackOptions Stack(int? fractionBits = null)
        => OptionRecords.Fill(this, fractionBits is { } bits ? new BdiaStackOptions { FractionBits = bits } : new BdiaStackOptions());

    internal TrainingOptions Training(ulong seed) => OptionRecords.Fill(this, new TrainingOptions { Seed = seed });
}
