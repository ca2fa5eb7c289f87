using Bdia.Core.Blocks;
using Bdia.Core.Decoding;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>
/// An encoder-decoder transformer (Vaswani et al., "Attention Is All You Need", 2017; pre-norm, with a final norm behind either stack)
/// whose two stacks are reversible. Ids are those of <see cref="SpecialTokens"/> and a tokenizer's.
/// </summary>
/// <remarks>
/// <para>State dict: encoder.K.*, decoder.K.*, encoder_norm, decoder_norm, source_embed and target_embed (embed alone where they are one),
/// source_positions and target_positions (learned ones only), head (where the output is not tied).</para>
/// <para>Padding is never read: masks made from the ids leave it out of attention, so it changes no result beyond float rounding (which,
/// where states are rounded to a grid, may rarely move one by a grid step).</para>
/// <para>Safe for several threads in evaluation mode.</para>
/// </remarks>
public sealed partial class EncoderDecoder : nn.Module, INextTokenModel
{
    // Streams of the clock: each stack and each embedding draws from its own.
    private const int EncoderStream = 0, SourceStream = 1, DecoderStream = 2, TargetStream = 3;

    private static readonly string[] Embeddings = ["embed", "source_embed", "target_embed", "source_positions", "target_positions"];

    private readonly TextEmbedding source;
    private readonly TextEmbedding target;
    private readonly LayerNorm encoderNorm;
    private readonly LayerNorm decoderNorm;
    private readonly Dense? head;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="seed">Of the initial weights, and of the clock.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public EncoderDecoder(EncoderDecoderOptions options, ulong seed) : base(nameof(EncoderDecoder))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Clock = new(seed);
        using var generator = new Generator(seed);
        var sourceTokens = Register(options.ShareEmbeddings ? "embed"
            : "source_embed", new TokenEmbedding(options.SourceVocabulary, options.Width, generator));
        var targetTokens = options.ShareEmbeddings ? sourceTokens
            : Register("target_embed", new TokenEmbedding(options.TargetVocabulary, options.Width, generator));
        source = new TextEmbedding(sourceTokens, Positions("source_positions"), options.Width, options.Dropout);
        target = new TextEmbedding(targetTokens, Positions("target_positions"), options.Width, options.Dropout);
        // Blocks are drawn here and now, one after the other: the generator is gone once the constructor returns.
        var encoder = Enumerable.Range(0, options.EncoderDepth)
            .Select(_ => new TransformerBlock(options.EncoderBlock, generator)).ToArray();
        Encoder = Register("encoder", new BdiaStack("encoder", encoder, options.Stack, Clock, EncoderStream));
        encoderNorm = Register("encoder_norm", new LayerNorm(options.Width));
        var decoder = Enumerable.Range(0, options.DecoderDepth)
            .Select(_ => new TransformerBlock(options.DecoderBlock, generator)).ToArray();
        Decoder = Register("decoder", new BdiaStack("decoder", decoder, options.Stack, Clock, DecoderStream));
        Decoder.Spare = Encoder.Spare; // the one's pass is over, or waits, while the other's runs
        decoderNorm = Register("decoder_norm", new LayerNorm(options.Width));
        if (!options.TieOutput) head =
            Register("head", new Dense(options.Width, options.TargetVocabulary, generator, options.Precision, WeightScheme.Glorot));
    }

    /// <summary>Parameters of more than one dimension that weight decay leaves alone, as is usual for embeddings.</summary>
    public IReadOnlyCollection<string> WithoutDecay
        => named_parameters().Select(p => p.name).Where(name => Embeddings.Contains(name.Split('.')[0])).ToArray();

    /// <summary>Sizes and regularisation.</summary>
    public EncoderDecoderOptions Options { get; }

    /// <summary>Where training stands; whoever trains moves it. Both stacks and both embeddings draw from it.</summary>
    public TrainingClock Clock { get; }

    /// <summary>The encoder's blocks.</summary>
    public BdiaStack Encoder { get; }

    /// <summary>The decoder's blocks.</summary>
    public BdiaStack Decoder { get; }

    /// <summary>
    /// A network whose weights are still to be set, all of them: to draw first what a file then overwrites took longer than to read the
    /// file.
    /// </summary>
    internal static EncoderDecoder WithoutValues(EncoderDecoderOptions options)
    {
        using var leftOut = Initial.LeaveOut();
        return new(options, seed: 0);
    }

    /// <summary>Reads sources.</summary>
    /// <param name="source">Ids (B, S), int64, padded at the end with <see cref="SpecialTokens.Padding"/>; no row may be all
    /// padding.</param>
    /// <returns>The memory, (B, S, D), float32. What stands at padding is meaningless.</returns>
    /// <exception cref="ArgumentException">Ids are of another shape or type or not in the vocabulary, a row is empty, or a text is longer
    /// than learned positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor Encode(Tensor source)
    {
        using var scope = NewDisposeScope();
        var mask = TokenMask.Of(source, nameof(source));
        var x = this.source.Apply(source, 0, training ? Clock.Random(SourceStream, 0) : null); // (B, S, D)
        x = Encoder.forward(x, mask); // (B, S, D)
        return encoderNorm.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Reads targets as far as they are known (teacher forcing): every position sees those before it, itself, and the memory.
    /// </summary>
    /// <param name="target">Ids (B, T), int64, <see cref="SpecialTokens.Start"/> first, padded at the end.</param>
    /// <param name="memory">Of <see cref="Encode"/>, (B, S, D).</param>
    /// <param name="source">What the memory was read from, (B, S); says which of it is padding.</param>
    /// <returns>States (B, T, D) behind the final norm, float32; position t has seen target 0..t. Meaningless at padding.</returns>
    /// <exception cref="ArgumentException">Ids or memory are of another shape or type, ids are not in the vocabulary, or a text is longer
    /// than learned positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor Decode(Tensor target, Tensor memory, Tensor source)
    {
        using var scope = NewDisposeScope();
        TokenMask.Check(target, nameof(target));
        ArgumentNullException.ThrowIfNull(memory);
        var mask = TokenMask.Of(source, nameof(source));
        if (!memory.shape.AsSpan().SequenceEqual([source.shape[0], source.shape[1], Options.Width]) || target.shape[0] != source.shape[0])
        {
            throw new ArgumentException($"Source has shape ({string.Join(", ", source.shape)}), memory "
                + $"({string.Join(", ", memory.shape)}) and target ({string.Join(", ", target.shape)}); "
                + $"give source (B, S), its memory (B, S, {Options.Width}) and target (B, T).", nameof(memory));
        }

        // Padded target positions need no mask of their own: they stand at the end, where no real position looks.
        var x = this.target.Apply(target, 0, training ? Clock.Random(TargetStream, 0) : null); // (B, T, D)
        x = Decoder.forward(x, memory, mask); // (B, T, D)
        return decoderNorm.forward(x).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Scores of every token of the target language. The largest product of a small network: select the states that are wanted first.
    /// </summary>
    /// <param name="states">Of <see cref="Decode"/>, (..., D).</param>
    /// <returns>Logits (..., V), float32.</returns>
    public Tensor Project(Tensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        return Output.Logits(states);
    }

    /// <summary>The product of <see cref="Project"/>.</summary>
    internal OutputProduct Output
        => head is null ? target.Tokens.Output(Options.Precision) : new(head.Weight, head.Bias, head.Precision);

    private TModule Register<TModule>(string name, TModule module) where TModule : nn.Module
    {
        register_module(name, module);
        return module;
    }

    private LearnedPositions? Positions(string name)
        => Options.Positions == PositionEncoding.Learned ? Register(name, new LearnedPositions(Options.MaxLength, Options.Width)) : null;
}
