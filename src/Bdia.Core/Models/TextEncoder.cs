using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;
using Parameter = TorchSharp.Modules.Parameter;

namespace Bdia.Core.Models;

/// <summary>
/// A pre-norm transformer encoder that classifies texts, or pairs of them, by a class token (Devlin et al., "BERT", 2019), whose blocks are
/// a <see cref="BdiaStack"/>. Ids are those of <see cref="SpecialTokens"/> and a tokenizer's.
/// </summary>
/// <remarks>
/// <para>The class token stands in front, without a place, and starts from the mean of the text's token vectors (Joulin et al., "Bag of
/// Tricks for Efficient Text Classification", 2017): which words there are reaches the head along the residual stream from the first step
/// on, and blocks add what their order says. The last block is computed for that token alone.</para>
/// <para>State dict: cls_token, embed, positions (learned ones only), segments (pairs only), encoder.K.*, encoder_norm, head. The encoder's
/// names are those of an <see cref="EncoderDecoder"/>.</para>
/// <para>Padding is never read: it changes no result beyond float rounding. Safe for several threads in evaluation mode.</para>
/// </remarks>
public sealed class TextEncoder : nn.Module<Tensor, Tensor>
{
    // Streams of the clock: the stack draws from the first, the embedding from the second, the class token from the third.
    private const int BlockStream = 0, EmbeddingStream = 1, ClassTokenStream = 2;
    private const double ClassTokenDeviation = 0.02, SegmentDeviation = 0.5;

    private readonly Parameter cls_token; // (1, 1, D)
    private readonly TokenEmbedding embed;
    private readonly LearnedPositions? positions;
    private readonly Parameter? segments; // (2, D)
    private readonly BdiaStack encoder;
    private readonly LayerNorm encoder_norm;
    private readonly Dense head;
    private readonly TextEmbedding embedding;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="seed">Of the initial weights, and of the clock.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public TextEncoder(TextEncoderOptions options, ulong seed) : base(nameof(TextEncoder))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Clock = new(seed);
        using var generator = new Generator(seed);
        cls_token = Initial.TruncatedNormal(generator, ClassTokenDeviation, 1, 1, options.Width);
        embed = new TokenEmbedding(options.Vocabulary, options.Width, generator);
        if (options.Positions == PositionEncoding.Learned) positions = new LearnedPositions(options.MaxLength, options.Width);
        if (options.Pairs) segments = Initial.Normal(generator, SegmentDeviation, 2, options.Width);
        // Blocks are drawn here and now, one after the other: the generator is gone once the constructor returns.
        var blocks = Enumerable.Range(0, options.Depth).Select(_ => new TransformerBlock(options.Block, generator)).ToArray();
        encoder = new BdiaStack(nameof(encoder), blocks, options.Stack, Clock, BlockStream);
        encoder_norm = new LayerNorm(options.Width);
        head = new Dense(options.Width, options.Classes, generator);
        RegisterComponents();
        embedding = new TextEmbedding(embed, positions, options.Width, options.Dropout);
    }

    /// <summary>Parameters of more than one dimension that weight decay leaves alone, as is usual for embeddings.</summary>
    public static IReadOnlyCollection<string> WithoutDecay { get; } = ["cls_token", "embed.weight", "positions.weight", "segments"];

    /// <summary>Sizes and regularisation.</summary>
    public TextEncoderOptions Options { get; }

    /// <summary>Where training stands; whoever trains moves it.</summary>
    public TrainingClock Clock { get; }

    /// <summary>The stack of transformer blocks.</summary>
    public BdiaStack Blocks => encoder;

    /// <summary>
    /// A network whose weights are still to be set, all of them: to draw first what a file then overwrites took longer than to read the
    /// file.
    /// </summary>
    internal static TextEncoder WithoutValues(TextEncoderOptions options)
    {
        using var leftOut = Initial.LeaveOut();
        return new(options, seed: 0);
    }

    /// <summary>Classifies texts.</summary>
    /// <param name="input">
    /// Ids (B, N), int64, padded at the end with <see cref="SpecialTokens.Padding"/>: a text and <see cref="SpecialTokens.End"/>, and in a
    /// network of pairs a second text and its end behind it. No row may be all padding.
    /// </param>
    /// <returns>Logits (B, classes), float32.</returns>
    /// <exception cref="ArgumentException">Ids are of another shape or type or not in the vocabulary, a row is empty, or a text is longer
    /// than learned positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public override Tensor forward(Tensor input)
    {
        using var scope = NewDisposeScope();
        var mask = TokenMask.Of(input, nameof(input));        // (B, N)
        var x = Embed(input, mask);                           // (B, 1 + N, D)
        x = encoder.Leading(x, 1, WithClassToken(mask));      // (B, 1, D): the class token, which is all that is read
        var token = encoder_norm.forward(x.select(1, 0));     // (B, D)
        return head.forward(token).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Tensor ids, Tensor mask)
    {
        using var scope = NewDisposeScope();
        var tokens = embed.forward(ids);                                      // (B, N, D)
        var real = mask.unsqueeze(-1).to(ScalarType.Float32);                 // (B, N, 1)
        var mean = tokens.mul(real).sum(1, keepdim: true).div(real.sum(1, keepdim: true)); // (B, 1, D)
        var first = cls_token.Plus(mean);
        var placed = embedding.AtPlaces(tokens, 0);
        if (segments is not null) placed = placed.Plus(segments.index_select(0, Segment(ids).reshape(-1)).view(placed.shape));
        if (training)
        {
            placed = Clock.Random(EmbeddingStream, 0).Dropout(placed, Options.Dropout);
            first = Clock.Random(ClassTokenStream, 0).Dropout(first, Options.Dropout);
        }

        return cat([first, placed], 1).MoveToOuterDisposeScope();
    }

    // (B, 1 + N): the class token is always real.
    private static Tensor WithClassToken(Tensor mask)
        => cat([ones([mask.shape[0], 1], ScalarType.Bool, mask.device), mask], 1);

    // 0 up to and with the first end token, 1 behind it: (B, N), int64.
    private static Tensor Segment(Tensor ids)
    {
        using var scope = NewDisposeScope();
        var ends = TensorMath.With(SpecialTokens.End, end => ids.eq(end)).to(ScalarType.Int64);
        var before = cat([zeros_like(ends.narrow(1, 0, 1)), ends.cumsum(1).narrow(1, 0, ids.shape[1] - 1)], 1);
        return TensorMath.With(1, one => before.clamp_max(one)).MoveToOuterDisposeScope();
    }
}
