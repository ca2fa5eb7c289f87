using System.Globalization;
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
/// state dict has the names and shapes of timm's vision_transformer: cls_token, pos_embed, patch_embed.proj, blocks.K.*, norm, head; and,
/// where options ask for them, reg_token, norm_pre, fc_norm in place of norm, and in a block attn.q_norm, attn.k_norm, ls1, ls2.
/// </summary>
public sealed class VisionTransformer : nn.Module<Tensor, Tensor>
{
    // Streams of the clock: the stack draws from the first, the embedding from the second.
    private const int BlockStream = 0, EmbeddingStream = 1;

    // Patches of normalised pixels become vectors of deviation 1/√3 (PatchEmbedding).
    private const double ClassTokenDeviation = 0.02, PositionDeviation = 0.5, PositionReach = 1.5;

    private readonly Parameter? cls_token; // (1, 1, D)
    private readonly Parameter? reg_token; // (1, R, D)
    private readonly Parameter pos_embed; // (1, N, D), or (1, patches, D)
    private readonly PatchEmbedding patch_embed;
    private readonly LayerNorm? norm_pre;
    private readonly BdiaStack blocks;
    private readonly LayerNorm? norm, fc_norm; // one of the two
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
        var hasClassToken = options.Pooling == VisionTransformerPooling.ClassToken;
        if (hasClassToken) cls_token = FirstClassToken(options, generator);
        pos_embed = FirstPositions(options, generator);
        patch_embed = new PatchEmbedding(options.Channels, options.PatchSize, options.Width, generator, options.Precision,
            hasBias: !options.PreNorm);
        if (options.RegisterTokens > 0)
            reg_token = Initial.TruncatedNormal(generator, ClassTokenDeviation, 1, options.RegisterTokens, options.Width);
        if (options.PreNorm) norm_pre = new LayerNorm(options.Width, options.Epsilon);
        // Blocks are drawn here and now, one after the other: the generator is gone once the constructor returns.
        var residuals = Enumerable.Range(0, options.Depth).Select(k => new TransformerBlock(options.Block(k), generator)).ToArray();
        blocks = new BdiaStack(nameof(blocks), residuals, options.Stack, Clock, BlockStream) { Frozen = options.FrozenBlocks };
        var last = new LayerNorm(options.Width, options.Epsilon);
        if (hasClassToken) norm = last;
        else fc_norm = last;
        head = new Dense(options.Width, options.Classes, generator);
        RegisterComponents();
        if (options.FrozenBlocks > 0) Freeze();
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
    /// The position embedding (1, N, D) before training: 0 for the tokens before the patches, and for these a map of the picture in which
    /// neighbours are alike, about as large as the patches' own vectors. Fainter or without that order, a short run ends before the network
    /// has found out what lies where.
    /// </summary>
    internal static Parameter FirstPositions(VisionTransformerOptions options, Generator generator)
    {
        var (rows, columns) = (options.ImageHeight / options.PatchSize, options.ImageWidth / options.PatchSize);
        return Initial.Values(
            () => cat([zeros(options.Positions - options.Patches, options.Width, dtype: ScalarType.Float32, device: CPU),
                Initial.Places(generator, rows, columns, options.Width, PositionDeviation, PositionReach)]).unsqueeze(0),
            1, options.Positions, options.Width);
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

    /// <summary>
    /// How far up a parameter stands: 0 for what is before the blocks, k + 1 for block k, and one more than the last block for norm and
    /// head.
    /// </summary>
    internal int Layer(string parameter)
    {
        var parts = parameter.Split('.');
        return parts[0] switch
        {
            nameof(blocks) => int.Parse(parts[1], CultureInfo.InvariantCulture) + 1,
            nameof(norm) or nameof(fc_norm) or nameof(head) => Options.Depth + 1,
            _ => 0,
        };
    }

    /// <summary>The largest magnitude of a state of the standard network, without a grid: what a grid must reach to.</summary>
    /// <param name="images">As <see cref="forward"/> takes them.</param>
    internal double LargestState(Tensor images)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        return blocks.LargestState(Embed(images));
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
        return head.forward(Features(input)).MoveToOuterDisposeScope();
    }

    /// <summary>Logits of one pass of an ensemble, in evaluation.</summary>
    internal Tensor Drawn(Tensor input, GammaSigns signs)
    {
        using var scope = NewDisposeScope();
        return head.forward(Features(input, (x, leading) => blocks.Drawn(x, signs, leading))).MoveToOuterDisposeScope();
    }

    /// <summary>What the head reads: the normalised class token, or the normalised mean over the patches.</summary>
    /// <param name="input">As <see cref="forward"/> takes it.</param>
    /// <returns>(B, D), float32.</returns>
    /// <exception cref="ArgumentException">The images have another shape.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor Features(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return Features(input, (x, leading) => Encoder.Run(blocks, x, leading));
    }

    private Tensor Features(Tensor input, Func<Tensor, int?, Tensor> stack)
    {
        using var scope = NewDisposeScope();
        var x = Embed(input); // (B, N, D)
        if (norm is not null)
        {
            x = stack(x, 1); // (B, 1, D): the class token, which is all that is read
            return norm.forward(x.select(1, 0)).MoveToOuterDisposeScope(); // (B, D)
        }

        x = stack(x, null).narrow(1, Options.PrefixTokens, Options.Patches);
        return fc_norm!.forward(x.mean([1L])).MoveToOuterDisposeScope(); // (B, D)
    }

    // What stands below the trained blocks: a module in training mode still passes it as when scoring.
    private void Freeze()
    {
        IEnumerable<Parameter?> parameters = [cls_token, reg_token, pos_embed, .. patch_embed.parameters(), .. norm_pre?.parameters() ?? [],
            .. blocks.Residuals.Take(Options.FrozenBlocks).SelectMany(block => block.parameters())];
        foreach (var parameter in parameters)
            if (parameter is not null) parameter.requires_grad = false;
    }

    private Tensor Embed(Tensor images)
    {
        if (images.dim() != 4 || images.shape[2] != Options.ImageHeight || images.shape[3] != Options.ImageWidth)
            throw new ArgumentException($"Images have shape ({string.Join(", ", images.shape)}); give (B, {Options.Channels}, "
                + $"{Options.ImageHeight}, {Options.ImageWidth}).", nameof(images));
        using var scope = NewDisposeScope();
        using var noGraph = Options.FrozenBlocks > 0 ? no_grad() : null;
        var patches = patch_embed.forward(images);
        if (Options.PositionsOfPatches) patches = patches.Plus(pos_embed);
        var x = Options.PrefixTokens == 0 ? patches : cat([.. Prefix(images.shape[0]), patches], 1);
        if (!Options.PositionsOfPatches) x = x.Plus(pos_embed);
        if (training && Options.FrozenBlocks == 0) x = Clock.Random(EmbeddingStream, 0).Dropout(x, Options.Dropout);
        return (norm_pre is null ? x : norm_pre.forward(x)).MoveToOuterDisposeScope();
    }

    private IEnumerable<Tensor> Prefix(long rows)
    {
        if (cls_token is not null) yield return cls_token.expand(rows, 1, Options.Width);
        if (reg_token is not null) yield return reg_token.expand(rows, Options.RegisterTokens, Options.Width);
    }
}
