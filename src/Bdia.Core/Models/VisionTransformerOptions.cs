using System.Text.Json.Serialization;
using Bdia.Core.Common;
using Bdia.Core.Blocks;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;

namespace Bdia.Core.Models;

/// <summary>Sizes and regularisation of a <see cref="VisionTransformer"/>. Serialises to JSON as it stands.</summary>
public sealed record VisionTransformerOptions
{
    /// <summary>Height of the images in pixels, a multiple of <see cref="PatchSize"/>. Default 32.</summary>
    public int ImageHeight { get; init; } = 32;

    /// <summary>Width of the images in pixels, a multiple of <see cref="PatchSize"/>. Default 32.</summary>
    public int ImageWidth { get; init; } = 32;

    /// <summary>Colour channels: 1 or 3. Default 3.</summary>
    public int Channels { get; init; } = 3;

    /// <summary>Classes to tell apart, at least 2.</summary>
    public int Classes { get; init; } = 2;

    /// <summary>P, side of a patch in pixels, at least 1. Default 4.</summary>
    public int PatchSize { get; init; } = 4;

    /// <summary>D, features per token, a multiple of <see cref="Heads"/>. Default 128.</summary>
    public int Width { get; init; } = 128;

    /// <summary>K, number of blocks, 1..10,000. Default 6.</summary>
    public int Depth { get; init; } = 6;

    /// <summary>Attention heads, at least 1. Default 4.</summary>
    public int Heads { get; init; } = 4;

    /// <summary>Width of the feed-forward layer between its two products, at least 1. Default 256.</summary>
    public int FeedForwardWidth { get; init; } = 256;

    /// <summary>Dropout after the position embedding and after either branch of a block: 0 (default) up to, not including, 1.</summary>
    public double Dropout { get; init; }

    /// <summary>
    /// Probability of leaving out a branch of the last block; it grows linearly from 0 in the first. 0 (default) up to, not including, 1.
    /// </summary>
    public double StochasticDepth { get; init; }

    /// <summary>
    /// What the head reads. Default the class token. (This and the next ones are what weights of others need: timm has them all.)
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public VisionTransformerPooling Pooling { get; init; }

    /// <summary>Tokens without a meaning of their own, between class token and patches (timm: reg_tokens): 0 (default) to 1024.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int RegisterTokens { get; init; }

    /// <summary>
    /// Whether the position embedding covers the patches alone, and not the tokens before them (timm: no_embed_class). Default false.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PositionsOfPatches { get; init; }

    /// <summary>
    /// Whether tokens are normalised before the first block; patches are then mapped without a bias (timm: pre_norm). Default false.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool PreNorm { get; init; }

    /// <summary>Whether the queries and keys of each head are normalised (timm: qk_norm). Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool QueryKeyNorm { get; init; }

    /// <summary>
    /// Whether each branch is multiplied by a factor per feature, which starts at 1e-5 (timm: init_values). Default false.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool LayerScale { get; init; }

    /// <summary>Whether query, key and value are mapped without a bias (timm: qkv_bias false). Default false.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public bool OmitQueryKeyValueBias { get; init; }

    /// <summary>
    /// Added to the variance in layer normalisations, above 0, at most 1; null (default) is 1e-6, timm's. Hugging Face's ViT has 1e-12.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public double? NormEpsilon { get; init; }

    /// <summary>
    /// Blocks, the first ones, that are not trained, 0 (default) to <see cref="Depth"/>. What stands before the blocks is not trained
    /// either
    /// then. They cost no backward pass and no memory of an optimizer, and are passed as when scoring.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    public int FrozenBlocks { get; init; }

    /// <summary>Number format of matrix products. Default float32.</summary>
    public ComputePrecision Precision { get; init; } = ComputePrecision.Float32;

    /// <summary>How the stack of blocks integrates and differentiates.</summary>
    public BdiaStackOptions Stack { get; init; } = new();

    /// <summary>Blocks that a network may have: each is some dozens of objects, whatever its width.</summary>
    internal const int MostBlocks = 10_000;

    private const int MostPixels = 1 << 26; // 8192 x 8192; three channels of float32 are then 768 MiB

    /// <summary>The default of <see cref="NormEpsilon"/>.</summary>
    internal const double UsualNormEpsilon = 1e-6;

    private const int MostRegisterTokens = 1024;

    /// <summary>Tokens before those of the patches.</summary>
    internal int PrefixTokens => (Pooling == VisionTransformerPooling.ClassToken ? 1 : 0) + RegisterTokens;

    /// <summary>N: all tokens.</summary>
    internal int Tokens => Patches + PrefixTokens;

    /// <summary>Vectors of the position embedding.</summary>
    internal int Positions => PositionsOfPatches ? Patches : Tokens;

    /// <summary>Added to the variance.</summary>
    internal double Epsilon => NormEpsilon ?? UsualNormEpsilon;

    /// <summary>Whether the network is the one of Dosovitskiy et al., which every release of this library knows.</summary>
    internal bool IsPlain => Pooling == VisionTransformerPooling.ClassToken && RegisterTokens == 0
        && !PositionsOfPatches && !PreNorm && !QueryKeyNorm && !LayerScale && !OmitQueryKeyValueBias && Epsilon == UsualNormEpsilon;

    /// <summary>The number of patches.</summary>
    internal int Patches => ImageHeight / PatchSize * (ImageWidth / PatchSize);

    /// <summary>The sizes of a preset, with patches that suit the pictures.</summary>
    /// <remarks>
    /// <see cref="PatchSize"/> is the preset's 4 (Compact, Cifar) or 16 (the others) where it divides both sides into a number of patches
    /// that suits: from a quarter of what the preset is made for, 64 or 196, to 16 times as many. Else it is that divisor of both sides
    /// which comes nearest to what it is made for: 1 pixel for pictures of 8 with Compact, 28 for 224; 2 for 32 with Base. Where none comes
    /// within a factor of 4, it stays the preset's, which the pictures do not suit: resize them.
    /// </remarks>
    /// <param name="preset">Which.</param>
    /// <param name="imageHeight">Height of the images in pixels.</param>
    /// <param name="imageWidth">Width of the images in pixels.</param>
    /// <param name="channels">1 or 3.</param>
    /// <param name="classes">At least 2.</param>
    /// <returns>Options that have not been validated: adjust them with <c>with</c>, then construct the model.</returns>
    /// <exception cref="ArgumentOutOfRangeException">There is no such preset.</exception>
    public static VisionTransformerOptions FromPreset(VisionTransformerPreset preset, int imageHeight,
        int imageWidth, int channels, int classes)
    {
        var (patch, width, depth, heads, feedForward) = preset switch
        {
            VisionTransformerPreset.Compact => (4, 128, 6, 4, 256),
            VisionTransformerPreset.Cifar => (4, 512, 6, 8, 512),
            VisionTransformerPreset.Tiny => (16, 192, 12, 3, 768),
            VisionTransformerPreset.Small => (16, 384, 12, 6, 1536),
            VisionTransformerPreset.Base => (16, 768, 12, 12, 3072),
            _ => throw new ArgumentOutOfRangeException(nameof(preset), preset,
                "There is no such preset; choose Compact, Cifar, Tiny, Small or Base."),
        };
        return new()
        {
            ImageHeight = imageHeight, ImageWidth = imageWidth, Channels = channels, Classes = classes,
            PatchSize = Patch(imageHeight, imageWidth, patch, made: patch == 4 ? 64 : 196), Width = width,
                Depth = depth, Heads = heads, FeedForwardWidth = feedForward,
        };
    }

    /// <summary>The usual patch where it suits, or else a better divisor of both sides; see <see cref="FromPreset"/>.</summary>
    private static int Patch(int height, int width, int usual, int made)
    {
        bool Divides(int patch) => height % patch == 0 && width % patch == 0;
        double Patches(int patch) => (double)(height / patch) * (width / patch);
        double Off(int patch) => Math.Abs(Math.Log(Patches(patch) / made));

        if (Divides(usual) && Patches(usual) >= made / 4.0 && Patches(usual) <= made * 16.0) return usual;
        var best = usual;
        for (var patch = 1; patch <= Math.Min(height, width); patch++)
        {
            // of two equally near ones the larger
            if (Divides(patch) && Off(patch) <= (Divides(best) ? Off(best) : Math.Log(4))) best = patch;
        }

        return best;
    }

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range or does not fit another one.</exception>
    public void Validate() => OptionFaults.Validate(nameof(VisionTransformerOptions), Check);

    /// <summary>Block k's options; stochastic depth grows linearly with k.</summary>
    internal TransformerBlockOptions Block(int k) => new()
    {
        Width = Width, Heads = Heads, FeedForwardWidth = FeedForwardWidth, Dropout = Dropout, Precision = Precision,
        NormEpsilon = Epsilon, QueryKeyValueBias = !OmitQueryKeyValueBias, QueryKeyNorm = QueryKeyNorm, LayerScale = LayerScale,
        StochasticDepth = Depth > 1 ? StochasticDepth * k / (Depth - 1) : StochasticDepth,
    };

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(ImageHeight >= 1, nameof(ImageHeight), ImageHeight, "at least 1");
        faults.Require(ImageWidth >= 1, nameof(ImageWidth), ImageWidth, "at least 1");
        faults.Require(Channels is 1 or 3, nameof(Channels), Channels, "1 (grey) or 3 (colour)");
        faults.Require(Classes >= 2, nameof(Classes), Classes, "at least 2");
        faults.Require(PatchSize >= 1, nameof(PatchSize), PatchSize, "at least 1");
        if (PatchSize >= 1 && (ImageHeight % PatchSize != 0 || ImageWidth % PatchSize != 0))
            faults.Add($"Images are {ImageWidth} pixels wide and {ImageHeight} high, and PatchSize is {PatchSize}, " +
                "of which both must be multiples: choose another ImageWidth, ImageHeight or PatchSize.");
        if ((long)ImageHeight * ImageWidth > MostPixels)
            faults.Add($"Images are {ImageWidth} pixels wide and {ImageHeight} high, {(long)ImageHeight * ImageWidth} in all; " +
                $"there may be {MostPixels} at most: resize the images.");
        faults.Require(Depth is >= 1 and <= MostBlocks, nameof(Depth), Depth, $"1..{MostBlocks}");
        faults.Require(Enum.IsDefined(Pooling), nameof(Pooling), Pooling, "ClassToken or Average");
        faults.Require(RegisterTokens is >= 0 and <= MostRegisterTokens, nameof(RegisterTokens), RegisterTokens,
            $"0..{MostRegisterTokens}");
        faults.Require(NormEpsilon is null or (> 0 and <= 1), nameof(NormEpsilon), NormEpsilon, "above 0 and at most 1, or null");
        faults.Require(FrozenBlocks >= 0 && FrozenBlocks <= Depth, nameof(FrozenBlocks), FrozenBlocks, $"0..{Depth}, the number of blocks");
        (Block(0) with { StochasticDepth = StochasticDepth }).Check(faults);
        faults.Require(Stack is not null, nameof(Stack), Stack, "a BdiaStackOptions");
        Stack?.Check(faults);
    }
}
