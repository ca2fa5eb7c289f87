using System.Text.Json.Serialization;
using Bdia.Core.Common;
using Bdia.Core.Pretrained;
using Bdia.Core.Reversible;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// What image classification adds to <see cref="TrainingOptions"/>: augmentation, class weights, validation split, memory.
/// </summary>
public sealed record ImageTrainingOptions
{
    private const int LargestCropPadding = 4;

    // Chosen on held-back rows of Fashion-MNIST and CIFAR-10 (docs/results).
    private const int EpochsOfMixup = 5;
    private const double UsualMixup = 0.2;

    /// <summary>
    /// Pixels by which a random crop may shift an image in each direction, 0..1024; 0 = no crops; null = as many as let a run show each
    /// image in each place about once, (2 p + 1)² at most its epochs (0 below 9 epochs, 1 from 9 on, 2 from 25, 3 from 49, 4 from 81), and
    /// at most an eighth of the shorter side. Default null.
    /// </summary>
    public int? AugmentCropPadding { get; init; }

    /// <summary>What a crop shows beyond the image. Default zero.</summary>
    public CropFill AugmentCropFill { get; init; } = CropFill.Zero;

    /// <summary>
    /// Whether half of the images, by chance, are mirrored left to right; null = unless training rows show that it changes what an image
    /// looks to be, as with digits: a small model, trained on some rows as they are, is asked for the classes of others, as they are and
    /// mirrored. Default null.
    /// </summary>
    public bool? AugmentFlip { get; init; }

    /// <summary>
    /// Which changes of shape and tone images undergo by chance, before they are cropped. They pay in long runs; a short one ends before it
    /// has learned what stays the same. Default none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public AugmentPolicy AugmentPolicy { get; init; }

    /// <summary>
    /// Random erasing: the share of images, 0..1, in which a rectangle of 2 % to a third of the picture is hidden behind the mean colour;
    /// 0 = off. Default 0.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double RandomErasing { get; init; }

    /// <summary>
    /// CutMix: a rectangle of each image is replaced by that of another one of its batch, labels by its share of the picture, which is
    /// drawn as for <see cref="MixupAlpha"/>, 0..100; 0 = off. With both, chance decides for each image. Default 0.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double CutMixAlpha { get; init; }

    /// <summary>Share of images that is mixed where mixup or CutMix is on, 0..1. Default 1.</summary>
    public double MixProbability { get; init; } = 1;

    /// <summary>
    /// Mixup: each image is blended with another one of its batch, labels likewise, in a proportion from the distribution Beta(a, a) with
    /// this a, 0..100; 0 = off; null = 0.2 from 5 epochs on where weights are random, 0 below, with trained weights, and with
    /// <see cref="CutMixAlpha"/>. Default null.
    /// </summary>
    public double? MixupAlpha { get; init; }

    /// <summary>
    /// Whether <see cref="GammaSchedule.Automatic"/> takes the place of the network's gamma where it can: weights are random, and there are
    /// rows to validate on. Default false.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool ChoosesGamma { get; init; }

    /// <summary>
    /// How pixels are normalised, stated for those from 0 to 1; rows may have them so or from 0 to 255. Null (default): by their own mean
    /// and
    /// deviation, measured on the training rows, or as initial weights say.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public PixelStatistics? Pixels { get; init; }

    /// <summary>
    /// Layer-wise learning-rate decay, above 0, at most 1: the learning rate of a block is multiplied by this once for every layer above
    /// it,
    /// norm and head counting as one; that of the embeddings once more than the first block's (Clark et al., "ELECTRA", 2020; as timm does
    /// it). Null (default): none.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double? LayerDecay { get; init; }

    /// <summary>How much a training row of each class counts, each above 0; null = all the same. Default null.</summary>
    public IReadOnlyList<float>? ClassWeights { get; init; }

    /// <summary>
    /// Share of the training rows that is held back for validation where no validation rows are given, 0..1, below 1; 0 = none. Null is a
    /// tenth of the first thousand rows and a fiftieth of those beyond: what is held back is not learned from. Default null.
    /// </summary>
    public double? ValidationFraction { get; init; }

    /// <summary>
    /// Whether the rows held back have the classes in the same proportions as all. Default true. Either way, a class keeps at least one
    /// training row, or the data two.
    /// </summary>
    public bool StratifiedValidation { get; init; } = true;

    /// <summary>
    /// Bytes of pixels that are kept from one epoch to the next, above 0. Data that has more is read anew in every epoch, and shuffled in a
    /// window of this size. Of several processes that share a run, what all together keep. Default 1 GiB. What the network takes is another
    /// matter: <see cref="TrainingOptions.TrainingMemoryBytes"/>.
    /// </summary>
    public long PixelCacheBytes { get; init; } = 1L << 30;

    /// <summary>Checks every option.</summary>
    /// <param name="classes">Number of classes of the model.</param>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate(int classes) => OptionFaults.Validate(nameof(ImageTrainingOptions), faults => Check(faults, classes));

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    /// <param name="classes">Number of classes of the model.</param>
    public void Check(OptionFaults faults, int classes)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(AugmentCropPadding is null
            or (>= 0 and <= 1024), nameof(AugmentCropPadding), AugmentCropPadding, "0..1024, or null");
        faults.Require(Enum.IsDefined(AugmentCropFill), nameof(AugmentCropFill), AugmentCropFill, "Zero or Reflect");
        faults.Require(LayerDecay is null or (> 0 and <= 1), nameof(LayerDecay), LayerDecay, "above 0 and at most 1, or null");
        faults.Require(Enum.IsDefined(AugmentPolicy), nameof(AugmentPolicy), AugmentPolicy, "None or TrivialAugment");
        faults.Require(RandomErasing is >= 0 and <= 1, nameof(RandomErasing), RandomErasing, "0..1");
        faults.Require(CutMixAlpha is >= 0 and <= 100, nameof(CutMixAlpha), CutMixAlpha, "0..100");
        faults.Require(MixProbability is >= 0 and <= 1, nameof(MixProbability), MixProbability, "0..1");
        faults.Require(MixupAlpha is null or (>= 0 and <= 100), nameof(MixupAlpha), MixupAlpha, "0..100, or null");
        faults.Require(ValidationFraction is null or (>= 0 and < 1), nameof(ValidationFraction), ValidationFraction,
            "at least 0 and below 1");
        faults.Require(PixelCacheBytes > 0, nameof(PixelCacheBytes), PixelCacheBytes, "above 0");
        ClassWeightFaults.Check(faults, nameof(ClassWeights), ClassWeights, classes);
    }

    /// <summary>Whether images are mixed with others.</summary>
    internal bool Mixes => MixProbability > 0 && (MixupAlpha > 0 || CutMixAlpha > 0);

    /// <summary>
    /// The strength of mixup in a run. A network that sees a picture five times begins to know it by heart; in fewer epochs mixup costs
    /// more than it gives (docs/results).
    /// </summary>
    internal double Mixup(int epochs, bool isTrained)
        => MixupAlpha ?? (isTrained || CutMixAlpha > 0 || epochs < EpochsOfMixup ? 0 : UsualMixup);

    /// <summary>The crop padding for images of a size in a run.</summary>
    internal int CropPadding(int height, int width, int epochs)
        => AugmentCropPadding ?? Math.Min(MostCropPadding(height, width), ((int)Math.Sqrt(epochs) - 1) / 2);

    /// <summary>The most that the crop padding becomes where it is left open.</summary>
    internal static int MostCropPadding(int height, int width) => Math.Min(LargestCropPadding, Math.Min(height, width) / 8);
}
