using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Bdia.Core.Models;

/// <summary>
/// A vision transformer (Dosovitskiy et al., "An Image is Worth 16x16 Words", 2021) whose blocks are a <see cref="BdiaStack"/>. Its
/// state dict has the names and shapes of timm's vision_transformer: cls_token, pos_embed, patch_embed.proj, blocks.K.*, norm, head.
/// </summary>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    // Streams of the clock: the stack draws from the first, the embedding from the second.
    private const int BlockStream = 0, EmbeddingStream = 1;

    // Patches of normalised pixels become vectors of deviation 1/√3 (PatchEmbedding).
    private const double ClassTokenDeviation = 0.02, PositionDeviation = 0.5, PositionReach = 1.5;

    private readonly Parameter cls_token; // (1, 1, D)
    private readonly Parameter pos_embed; // (1, N, D), N = patches + 1
    private readonly PatchEmbedding patch_embed;
    private readonly BdiaStack blocks;
    private readonly LayerNorm norm;
    private readonly Dense head;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="seed">Of the initial weights, and of the clock.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public VisionTransformer(VisionTransformerOptions options, ulong seed) : base(nameof(VisionTransformer))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Clock = new(seed);
        using var generator = new Generator(seed);
        cls_token = FirstClassToken(options, generator);
        pos_embed = FirstPositions(options, generator);
        patch_embed = new PatchEmbedding(options.Channels, options.PatchSize, options.Width, generator, options.Precision);
        // Blocks are drawn here and now, one after the other: the generator is gone once the constructor returns.
        var residuals = Enumerable.Range(0, options.Depth).Select(k => new TransformerBlock(options.Block(k), generator)).ToArray();
        blocks = new BdiaStack(nameof(blocks), residuals, options.Stack, Clock, BlockStream);
        norm = new LayerNorm(options.Width);
        head = new Dense(options.Width, options.Classes, generator);
        RegisterComponents();
    }

    /// <summary>Parameters of more than one dimension that weight decay leaves alone, as is usual for embeddings.</summary>
    public static IReadOnlyCollection<string> WithoutDecay { get; } = [nameof(cls_token), nameof(pos_embed)];

    /// <summary>Sizes and regularisation.</summary>
    public VisionTransformerOptions Options { get; }

    /// <summary>Where training stands; whoever trains moves it.</summary>
    public TrainingClock Clock { get; }

    /// <summary>The stack of transformer blocks.</summary>
    public BdiaStack Blocks => blocks;

    /// <summary>The class token (1, 1, D) before training: small, so that what it gathers in the first block outweighs it.</summary>
    internal static Parameter FirstClassToken(VisionTransformerOptions options, Generator generator)
        => Initial.TruncatedNormal(generator, ClassTokenDeviation, 1, 1, options.Width);

    /// <summary>
    /// The position embedding (1, N, D) before training: 0 for the class token, and for the patches a map of the picture in which
    /// neighbours are alike, about as large as the patches' own vectors. Fainter or without that order, a short run ends before the network
    /// has found out what lies where.
    /// </summary>
    internal static Parameter FirstPositions(VisionTransformerOptions options, Generator generator)
    {
        var (rows, columns) = (options.ImageHeight / options.PatchSize, options.ImageWidth / options.PatchSize);
        return Initial.Values(
            () => cat([zeros(1, options.Width, dtype: ScalarType.Float32, device: CPU),
                Initial.Places(generator, rows, columns, options.Width, PositionDeviation, PositionReach)]).unsqueeze(0),
            1, options.Patches + 1, options.Width);
    }

    /// <summary>
    /// A network whose weights are still to be set, all of them: to draw first what a file then overwrites took longer than to read the
    /// file.
    /// </summary>
    internal static VisionTransformer WithoutValues(VisionTransformerOptions options)
    {
        using var leftOut = Initial.LeaveOut();
        return new(options, seed: 0);
    }

    /// <summary>Classifies images.</summary>
    /// <param name="input">(B, C, Hi, Wi), float32, normalised per channel.</param>
    /// <returns>Logits (B, classes), float32.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        using var scope = NewDisposeScope();
        var x = Embed(input);                       // (B, N, D)
        x = blocks.Leading(x, 1);                   // (B, 1, D): the class token, which is all that is read
        var token = norm.forward(x.select(1, 0));   // (B, D)
        return head.forward(token).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Tensor images)
    {
        if (images.dim() != 4 || images.shape[2] != Options.ImageHeight || images.shape[3] != Options.ImageWidth)
            throw new ArgumentException($"Images have shape ({string.Join(", ", images.shape)}); give (B, {Options.Channels}, "
                + $"{Options.ImageHeight}, {Options.ImageWidth}).", nameof(images));
        using var scope = NewDisposeScope();
        var patches = patch_embed.forward(images);
        var x = cat([cls_token.expand(images.shape[0], 1, Options.Width), patches], 1).Plus(pos_embed);
        return (training ? Clock.Random(EmbeddingStream, 0).Dropout(x, Options.Dropout) : x).MoveToOuterDisposeScope();
    }
}
