using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Trainers;
using Microsoft.ML.Transforms.Image;
using System.Drawing;

namespace Bdia.MLNet;

public sealed partial class BdiaImageClassificationTrainer
{
    /// <summary>
    /// All that can be chosen about a <see cref="BdiaImageClassificationTrainer"/>. The trainer takes a copy when it is made.
    /// </summary>
    public sealed class Options : BdiaTrainerOptions
    {
        /// <summary>The label: a key with two or more values (MapValueToKey makes one). Default "Label".</summary>
        public string LabelColumnName = "Label";

        /// <summary>The images: MLImage, encoded files (bytes), or a vector of pixel values (Single). Default "Features".</summary>
        public string FeatureColumnName = "Features";

        /// <summary>Output: the probabilities of all classes. Default "Score".</summary>
        public string ScoreColumnName = "Score";

        /// <summary>Output: the most probable class, a key. Default "PredictedLabel".</summary>
        public string PredictedLabelColumnName = "PredictedLabel";

        /// <summary>Whether the rows held back have the classes in the same proportions as all. Default true.</summary>
        public bool StratifiedValidation;

        /// <summary>
        /// What becomes of images that cannot be used, in training and when scoring. Default <see cref="BadImagePolicy.Throw"/>.
        /// </summary>
        public BadImagePolicy BadImages = BadImagePolicy.Throw;

        /// <summary>
        /// Height of the model's images in pixels. Null takes it from the column's type or from the images: their own where all have one
        /// that the patches fill and that makes at most 1024 of them, else that of a square of 16 patches a side, or less where the images
        /// are smaller. Default null.
        /// </summary>
        public int? ImageHeight;

        /// <summary>
        /// Width of the model's images in pixels; null as <see cref="ImageHeight"/>. With one of the two given, the other follows from the
        /// images' proportions where all have the same, and is equal to it otherwise. Default null.
        /// </summary>
        public int? ImageWidth;

        /// <summary>
        /// How an image (MLImage or file) of another size is brought to <see cref="ImageHeight"/> and <see cref="ImageWidth"/>, in training
        /// and when scoring, with the meaning that ResizeImages gives it: cropped to the middle, padded with <see cref="BackgroundColor"/>,
        /// or stretched. Shrinking averages. Default IsoCrop.
        /// </summary>
        public ImageResizingEstimator.ResizingKind Resizing = ImageResizingEstimator.ResizingKind.IsoCrop;

        /// <summary>
        /// The colour behind transparent parts of an image (MLImage or file) and beside a padded one, opaque, in training and when scoring.
        /// Default white.
        /// </summary>
        public Color BackgroundColor = Color.White;

        /// <summary>
        /// 3 (red, green, blue) or 1 (for MLImage and files: their luminance); null takes a vector's own number, and 3 otherwise. Default
        /// null.
        /// </summary>
        public int? Channels;

        /// <summary>Order of the values in a vector of pixels. Default <see cref="PixelLayout.Automatic"/>.</summary>
        public PixelLayout PixelLayout = PixelLayout.Automatic;

        /// <summary>
        /// Weights to begin with in place of random ones: a safetensors file of a vision transformer under the names of timm or of Hugging
        /// Face's transformers (a path), a fitted model of ours, or the path of its model.zip. Patch, width, depth, heads and variants are
        /// theirs; their head is kept for classes that are called the same; where images have another size, the position embedding is
        /// resampled.
        /// Nothing is downloaded. Null = random weights. Default null.
        /// </summary>
        public InitialWeights? InitialWeights;

        /// <summary>
        /// How pixels are normalised: as <see cref="InitialWeights"/> expect it, measured, or by numbers of others. Default
        /// <see cref="PixelNormalizing.Automatic"/>.
        /// </summary>
        public PixelNormalizing Normalizing;

        /// <summary>
        /// Blocks, the first ones, that are not trained, and neither is what stands before them: 0 to the number of blocks. They cost no
        /// backward
        /// pass and no memory of the optimizer. For initial weights. Default 0.
        /// </summary>
        public int FrozenBlocks;

        /// <summary>
        /// Layer-wise decay of the learning rate, above 0, at most 1: that of a block is multiplied by it once for every layer above, norm
        /// and
        /// head counting as one. For initial weights; 0.65 to 0.8 is usual. Null = none. Default null.
        /// </summary>
        public double? LayerDecay;

        /// <summary>
        /// The network's size, in one word. Default <see cref="VisionTransformerPreset.Compact"/>, which trains in minutes on two cores.
        /// </summary>
        public VisionTransformerPreset Preset = VisionTransformerPreset.Compact;

        /// <summary>
        /// Side of the square patches that an image is cut into, in pixels; it must divide height and width. Null is the preset's 4 or 16,
        /// or what suits images for which that makes too few patches or too many. Default null.
        /// </summary>
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

        /// <summary>
        /// Share of branches that is skipped in training, per image (drop path), rising from 0 in the first block to this in the last,
        /// 0..1, below 1.
        /// Null as in the preset. Default null.
        /// </summary>
        public double? StochasticDepth;

        /// <summary>
        /// Rows per training batch, 1..1,000,000; null chooses 16 to 128 by rows and epochs, so that there are steps enough. Default null.
        /// </summary>
        public int? BatchSize;

        /// <summary>
        /// Which changes of shape and tone images undergo by chance. They pay in long runs. Default <see cref="AugmentPolicy.None"/>.
        /// </summary>
        public AugmentPolicy AugmentPolicy;

        /// <summary>
        /// Random erasing: the share of images, 0..1, in which a rectangle is hidden behind the mean colour; 0 = off. Default 0.
        /// </summary>
        public double RandomErasing;

        /// <summary>
        /// CutMix: a rectangle of each image comes from another one of its batch, of a size from Beta(a, a) with this a, 0..100; 0 = off.
        /// With <see cref="MixupAlpha"/> as well, chance decides for each image. Default 0.
        /// </summary>
        public double CutMixAlpha;

        /// <summary>Share of images that is mixed where mixup or CutMix is on, 0..1. Default 1.</summary>
        public double MixProbability;

        /// <summary>
        /// Mixup: images of a batch are blended in proportions from Beta(a, a) with this a, 0..100; 0 = off; null = 0.2 from 5 epochs on
        /// where weights are random, 0 below, with <see cref="InitialWeights"/>, and with <see cref="CutMixAlpha"/>. Default null.
        /// </summary>
        public double? MixupAlpha;

        /// <summary>
        /// Pixels by which a random crop may shift an image, 0..1024; 0 = no crops; null = 0 below 9 epochs, 1 from 9 on, 2 from 25, 3 from
        /// 49, 4 from 81, or less for images under 32 pixels. Default null.
        /// </summary>
        public int? AugmentCropPadding;

        /// <summary>What a crop shows beyond the image. Default <see cref="CropFill.Zero"/>.</summary>
        public CropFill AugmentCropFill;

        /// <summary>
        /// Whether half of the images, by chance, are mirrored left to right; null asks the training rows whether that changes what an
        /// image looks to be, as with digits. Default null.
        /// </summary>
        public bool? AugmentFlip;

        /// <summary>
        /// How much a training row of each class counts, in the order of the key's values, each above 0; null = all the same. Default null.
        /// </summary>
        public float[]? ClassWeights;

        /// <summary>
        /// Bytes of pixels that are kept from one epoch to the next, above 0; rows that have more are read anew in every epoch. Of several
        /// processes that share a run (<see cref="BdiaTrainerOptions.Distributed"/>), what all together keep.
        /// <see cref="BdiaTrainerOptions.TrainingMemoryBytes"/> limits what the network takes. Default 1 GiB.
        /// </summary>
        public long PixelCacheBytes;

        /// <summary>The defaults.</summary>
        public Options() : base(new TrainingOptions(), new ImageTrainingOptions())
        {
        }

        /// <summary>The defaults of a recipe, for the time that there is; the log states them. Each may be set otherwise.</summary>
        /// <param name="recipe">Which.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such recipe.</exception>
        public Options(Recipe recipe) : this()
        {
            Recipe = recipe;
            var set = ImageRecipe.Of(recipe);
            OptionRecords.TakeFrom(this, set.Training, set.Images);
            if (set.StochasticDepth > 0) StochasticDepth = set.StochasticDepth;
            if (set.Network is { } sizes)
                (Width, Depth, Heads, FeedForwardWidth) = (sizes.Width, sizes.Depth, sizes.Heads, sizes.FeedForwardWidth);
        }

        internal Options Copy()
        {
            var copy = (Options)MemberwiseClone();
            copy.ClassWeights = (float[]?)ClassWeights?.Clone();
            return copy;
        }
    }
}