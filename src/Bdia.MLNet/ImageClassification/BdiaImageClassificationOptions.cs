using Bdia.Core.ImageClassification;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Microsoft.ML;

namespace Bdia.MLNet;

public sealed partial class BdiaImageClassificationTrainer
{
    /// <summary>All that can be chosen about a <see cref="BdiaImageClassificationTrainer"/>. The trainer takes a copy when it is made.</summary>
    public sealed class Options
    {
        /// <summary>The label: a key with two or more values (MapValueToKey makes one). Default "Label".</summary>
        public string LabelColumnName = "Label";

        /// <summary>The images: MLImage, encoded files (bytes), or a vector of pixel values (Single). Default "Features".</summary>
        public string FeatureColumnName = "Features";

        /// <summary>Output: the probabilities of all classes. Default "Score".</summary>
        public string ScoreColumnName = "Score";

        /// <summary>Output: the most probable class, a key. Default "PredictedLabel".</summary>
        public string PredictedLabelColumnName = "PredictedLabel";

        /// <summary>Rows to validate on; null holds back <see cref="ValidationFraction"/> of the training rows. Fit(train, validation) overrides it. Default null.</summary>
        public IDataView? ValidationSet;

        /// <summary>Share of the training rows that is held back where no validation rows are given, 0..1, below 1; 0 = none. Default 0.1.</summary>
        public double ValidationFraction = imageDefaults.ValidationFraction;

        /// <summary>Whether the rows held back have the classes in the same proportions as all. Default true.</summary>
        public bool StratifiedValidation = imageDefaults.StratifiedValidation;

        /// <summary>What becomes of images that cannot be used, in training and when scoring. Default <see cref="BadImagePolicy.Throw"/>.</summary>
        public BadImagePolicy BadImages = BadImagePolicy.Throw;

        /// <summary>Height of the images in pixels; null takes it from the column's type, or else from the first image. Default null.</summary>
        public int? ImageHeight;

        /// <summary>Width of the images in pixels; null takes it from the column's type, or else from the first image. Default null.</summary>
        public int? ImageWidth;

        /// <summary>3 (red, green, blue) or 1 (for MLImage and files: their luminance); null takes a vector's own number, and 3 otherwise. Default null.</summary>
        public int? Channels;

        /// <summary>Order of the values in a vector of pixels. Default <see cref="PixelLayout.Automatic"/>.</summary>
        public PixelLayout PixelLayout = PixelLayout.Automatic;

        /// <summary>The network's size, in one word. Default <see cref="VisionTransformerPreset.Compact"/>, which trains in minutes on two cores.</summary>
        public VisionTransformerPreset Preset = VisionTransformerPreset.Compact;

        /// <summary>Side of the square patches that an image is cut into, in pixels; it must divide height and width. Null as in the preset. Default null.</summary>
        public int? PatchSize;

        /// <summary>Numbers per token; a multiple of <see cref="Heads"/>. Null as in the preset. Default null.</summary>
        public int? Width;

        /// <summary>Number of blocks. Null as in the preset. Default null.</summary>
        public int? Depth;

        /// <summary>Attention heads per block. Null as in the preset. Default null.</summary>
        public int? Heads;

        /// <summary>Hidden numbers per token in the feed-forward part of a block. Null as in the preset. Default null.</summary>
        public int? FeedForwardWidth;

        /// <summary>Share of numbers that is dropped in training, 0..1, below 1. Null as in the preset. Default null.</summary>
        public double? Dropout;

        /// <summary>Share of blocks that is skipped in training, per image, rising from 0 in the first block to this in the last, 0..1, below 1. Null as in the preset. Default null.</summary>
        public double? StochasticDepth;

        /// <summary>Precision of matrix products; states and sums are always Float32. Default <see cref="ComputePrecision.Float32"/>.</summary>
        public ComputePrecision Precision = ComputePrecision.Float32;

        /// <summary>How the backward pass gets at the states of the blocks. Default <see cref="BackpropagationMode.Reversible"/>: they are rebuilt, bit for bit.</summary>
        public BackpropagationMode Mode = stackDefaults.Mode;

        /// <summary>The integration weight in training, constant or over the run; a larger exponent trains more like the plain network, a smaller one regularises more. Default ±2^-5, <see cref="BdiaStackOptions.Gamma"/>.</summary>
        public GammaSchedule Gamma = stackDefaults.Gamma;

        /// <summary>States are multiples of 2 to the power of minus this, 1..20. Default 9.</summary>
        public int FractionBits = stackDefaults.FractionBits;

        /// <summary>Whether states are rounded to that grid; off needs another <see cref="Mode"/> than Reversible. Default true.</summary>
        public bool Quantize = stackDefaults.Quantize;

        /// <summary>Whether a checksum of every state is compared when it is rebuilt; slower. Default false.</summary>
        public bool Audit = stackDefaults.Audit;

        /// <summary>The integration weight when scoring, -1..1, for experiments. Default 0: the standard network.</summary>
        public double InferenceGamma = stackDefaults.InferenceGamma;

        /// <summary>Passes over the training rows, 1..1,000,000. Default 30.</summary>
        public int Epochs = trainingDefaults.Epochs;

        /// <summary>Rows per training batch, 1..1,000,000. Default 128.</summary>
        public int BatchSize = trainingDefaults.BatchSize;

        /// <summary>Batches whose gradients are gathered for one step, 1..100,000. Default 1.</summary>
        public int AccumulationSteps = trainingDefaults.AccumulationSteps;

        /// <summary>Peak learning rate, above 0, at most 10. Default 0.001.</summary>
        public double LearningRate = trainingDefaults.LearningRate;

        /// <summary>How the learning rate runs after the warm-up. Default <see cref="LearningRateSchedule.Cosine"/>.</summary>
        public LearningRateSchedule LearningRateSchedule = trainingDefaults.Schedule;

        /// <summary>Where the cosine ends, as a fraction of the peak, 0..1. Default 0.01.</summary>
        public double FinalLearningRateFraction = trainingDefaults.FinalLearningRateFraction;

        /// <summary>Share of the run in which the learning rate rises to its peak, 0..1. Default 0.05.</summary>
        public double WarmupFraction = trainingDefaults.WarmupFraction;

        /// <summary>AdamW's weight decay, 0..1; biases, norms and embeddings are exempt. Default 0.05.</summary>
        public double WeightDecay = trainingDefaults.WeightDecay;

        /// <summary>Largest norm of the gradient; 0 = no clipping. Default 1.</summary>
        public double ClipNorm = trainingDefaults.ClipNorm;

        /// <summary>Share of the target probability that is spread over all classes, 0..1, below 1. Default 0.</summary>
        public double LabelSmoothing = trainingDefaults.LabelSmoothing;

        /// <summary>Mixup: images of a batch are blended in proportions from Beta(a, a) with this a, 0..100; 0 = off. Default 0.</summary>
        public double MixupAlpha = imageDefaults.MixupAlpha;

        /// <summary>Pixels by which a random crop may shift an image, 0..1024; 0 = no crops; null = 4, or less for images under 32 pixels. Default null.</summary>
        public int? AugmentCropPadding = imageDefaults.AugmentCropPadding;

        /// <summary>What a crop shows beyond the image. Default <see cref="CropFill.Zero"/>.</summary>
        public CropFill AugmentCropFill = imageDefaults.AugmentCropFill;

        /// <summary>Whether half of the images, by chance, are mirrored left to right; set it to false where that changes the class, as with digits. Default true.</summary>
        public bool AugmentFlip = imageDefaults.AugmentFlip;

        /// <summary>How much a training row of each class counts, in the order of the key's values, each above 0; null = all the same. Default null.</summary>
        public float[]? ClassWeights;

        /// <summary>Everything random derives from it; null draws one from the MLContext, so that runs repeat where the MLContext has a seed, and differ where it has none. Default null.</summary>
        public int? Seed;

        /// <summary>Which validation figure chooses the best epoch, whose weights are kept. Default <see cref="ModelSelection.Accuracy"/>.</summary>
        public ModelSelection BestBy = trainingDefaults.BestBy;

        /// <summary>Epochs from one validation to the next, 1 or more; the last epoch always ends with one. Default 1.</summary>
        public int ValidateEveryEpochs = trainingDefaults.ValidateEveryEpochs;

        /// <summary>Validations in a row without progress after which training stops; 0 = never. Default 0.</summary>
        public int EarlyStoppingPatience = trainingDefaults.EarlyStoppingPatience;

        /// <summary>Progress, in the figure of <see cref="BestBy"/>, that early stopping counts as such, 0 or more. Default 0.</summary>
        public double EarlyStoppingMinDelta = trainingDefaults.EarlyStoppingMinDelta;

        /// <summary>Time after which training stops with the best model so far; null = none. Default null.</summary>
        public TimeSpan? TimeBudget;

        /// <summary>Cancelling it stops training within a batch; Fit returns the best model so far, as it does where AutoML cancels its MLContext. Default none.</summary>
        public CancellationToken CancellationToken;

        /// <summary>Called on the training thread after every step and every epoch. Default null.</summary>
        public IProgress<TrainingProgress>? Progress;

        /// <summary>Folder for checkpoints, of one run at a time; null = none. Default null.</summary>
        public string? CheckpointDirectory;

        /// <summary>Steps from one checkpoint to the next; 0 = by epochs alone. More needs a <see cref="CheckpointDirectory"/>. Default 0.</summary>
        public int CheckpointEverySteps = trainingDefaults.CheckpointEverySteps;

        /// <summary>Epochs from one checkpoint to the next; 0 = by steps alone. Default 1.</summary>
        public int CheckpointEveryEpochs = trainingDefaults.CheckpointEveryEpochs;

        /// <summary>Go on from the newest checkpoint of the folder. Default false.</summary>
        public bool Resume;

        /// <summary>Bytes that the pixels may take in memory, above 0; what needs more is read anew in every epoch. Default 1 GiB.</summary>
        public long MemoryBudgetBytes = imageDefaults.MemoryBudgetBytes;

        /// <summary>Rows per forward pass when a view is scored, 1..65536. Default 64.</summary>
        public int ScoringBatchSize = 64;

        /// <summary>"cpu", "cuda" or "cuda:N"; null is the MLContext's GpuDeviceId, or the CPU where it has none. Default null.</summary>
        public string? Device;

        private static readonly TrainingOptions trainingDefaults = new();
        private static readonly ImageTrainingOptions imageDefaults = new();
        private static readonly BdiaStackOptions stackDefaults = new();

        internal Options Copy()
        {
            var copy = (Options)MemberwiseClone();
            copy.ClassWeights = (float[]?)ClassWeights?.Clone();
            return copy;
        }
    }
}
