using Bdia.Core.Blocks;
using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Models;

/// <summary>
/// A decoder-only transformer of GPT-2's shape (Radford et al., "Language Models are Unsupervised Multitask Learners", 2019): learned
/// positions, causal pre-norm blocks, a final norm, and the embedding's weights as output product. Its stack is reversible. Ids are those
/// of <see cref="SpecialTokens"/> and a tokenizer's.
/// </summary>
/// <remarks>
/// <para>State dict: embed, positions, blocks.K.*, norm. <see cref="Gpt2Weights"/> writes and reads it under GPT-2's names.</para>
/// <para>Padding stands at the end of a text, where no token looks; what is computed there is meaningless.</para>
/// <para>Safe for several threads in evaluation mode.</para>
/// </remarks>
public sealed partial class LanguageModel : nn.Module
{
    // Streams of the clock: the stack and the embedding draw from their own.
    private const int StackStream = 0, EmbeddingStream = 1;

    private readonly TokenEmbedding embed;
    private readonly LearnedPositions positions;
    private readonly LayerNorm norm;

    /// <summary>Creates a model with random weights.</summary>
    /// <param name="options">Sizes and regularisation.</param>
    /// <param name="seed">Of the initial weights, and of the clock.</param>
    /// <exception cref="ArgumentException">Names every option that is out of range.</exception>
    public LanguageModel(LanguageModelOptions options, ulong seed) : base(nameof(LanguageModel))
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        Options = options;
        Clock = new(seed);
        using var generator = new Generator(seed);
        register_module("embed", embed = new TokenEmbedding(options.Vocabulary, options.Width, generator, Scale(options)));
        register_module("positions", positions = new LearnedPositions(options.MaxLength, options.Width));
        var blocks = Enumerable.Range(0, options.Depth).Select(_ => new TransformerBlock(options.Block, generator)).ToArray();
        register_module("blocks", Blocks = new BdiaStack("blocks", blocks, options.Stack, Clock, StackStream));
        register_module("norm", norm = new LayerNorm(options.Width));
    }

    /// <summary>Parameters of more than one dimension that weight decay leaves alone, as is usual for embeddings.</summary>
    public IReadOnlyCollection<string> WithoutDecay { get; } = ["embed.weight", "positions.weight"];

    /// <summary>Sizes and regularisation.</summary>
    public LanguageModelOptions Options { get; }

    /// <summary>Where training stands; whoever trains moves it. The stack and the embedding draw from it.</summary>
    public TrainingClock Clock { get; }

    /// <summary>The blocks.</summary>
    public BdiaStack Blocks { get; }

    /// <summary>Where it is.</summary>
    internal Device Device => norm.Weight.device;

    /// <summary>
    /// What vectors of tokens are multiplied by when they are read: the power of two that is next to √D, so that GPT-2's form, which has no
    /// such factor, holds the same numbers.
    /// </summary>
    internal static double Scale(LanguageModelOptions options) => Math.Pow(2, Math.Round(Math.Log2(options.Width) / 2));

    /// <summary>
    /// A network whose weights are still to be set, all of them: to draw first what a file then overwrites took longer than to read the
    /// file.
    /// </summary>
    internal static LanguageModel WithoutValues(LanguageModelOptions options)
    {
        using var leftOut = Initial.LeaveOut();
        return new(options, seed: 0);
    }

    /// <summary>Reads texts: every position sees those before it and itself.</summary>
    /// <param name="ids">(B, T), int64, T at most <see cref="LanguageModelOptions.MaxLength"/>; padded at the end.</param>
    /// <returns>States (B, T, D) behind the final norm, float32. Meaningless at padding.</returns>
    /// <exception cref="ArgumentException">Ids are of another shape or type or not in the vocabulary, or a text is longer than there are
    /// positions.</exception>
    /// <exception cref="ReversibilityException">A state left the range that can be represented exactly, or was not finite.</exception>
    public Tensor Read(Tensor ids)
    {
        ArgumentNullException.ThrowIfNull(ids);
        if (ids.dtype != ScalarType.Int64 || ids.dim() != 2 || ids.numel() == 0)
            throw new ArgumentException($"Ids are {ids.dtype} of shape ({string.Join(", ", ids.shape)}); give Int64 of two dimensions, "
                + "rows and positions, at least 1 of each.", nameof(ids));
        using var scope = NewDisposeScope();
        var x = Embed(ids, 0);
        if (training) x = Clock.Random(EmbeddingStream, 0).Dropout(x, Options.Dropout);
        return norm.forward(Blocks.forward(x)).MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Scores of every token. The largest product of a small network: select the states that are wanted first.
    /// </summary>
    /// <param name="states">Of <see cref="Read"/>, (..., D).</param>
    /// <returns>Logits (..., V), float32, of the token that follows.</returns>
    public Tensor Project(Tensor states)
    {
        ArgumentNullException.ThrowIfNull(states);
        return Output.Logits(states);
    }

    /// <summary>The product of <see cref="Project"/>.</summary>
    internal OutputProduct Output => embed.Output(Options.Precision);

    // x_0, (B, T, D), of ids (B, T) whose first stands at the given place.
    private Tensor Embed(Tensor ids, long first) => embed.forward(ids).Plus(positions.Rows(first, ids.shape[1]));
}
