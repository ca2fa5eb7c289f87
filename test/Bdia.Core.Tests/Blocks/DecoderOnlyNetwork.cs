using Bdia.Core.Blocks;
using Bdia.Core.Decoding;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Blocks;

/// <summary>
/// A decoder-only network (GPT's shape, pre-norm, output tied to the embedding) made of the library's parts and of nothing else: a stack of
/// causal blocks between an embedding and a norm.
/// </summary>
internal sealed class DecoderOnlyNetwork : nn.Module<Tensor, Tensor>, INextTokenModel
{
    private readonly TokenEmbedding embed;
    private readonly BdiaStack blocks;
    private readonly LayerNorm norm;
    private readonly int width;

    public DecoderOnlyNetwork(int vocabulary, TransformerBlockOptions block, int depth, BdiaStackOptions stack, ulong seed)
        : base(nameof(DecoderOnlyNetwork))
    {
        (Vocabulary, width) = (vocabulary, block.Width);
        using var generator = new Generator(seed);
        embed = new TokenEmbedding(vocabulary, width, generator);
        blocks = new BdiaStack("blocks", Enumerable.Range(0, depth).Select(_ => new TransformerBlock(block, generator)).ToArray(),
            stack, Clock = new(seed));
        norm = new LayerNorm(width);
        RegisterComponents();
    }

    public TrainingClock Clock { get; }

    public BdiaStack Blocks => blocks;

    public int Vocabulary { get; }

    public int LongestText => int.MaxValue;

    /// <summary>Logits (B, T, V) of ids (B, T).</summary>
    public override Tensor forward(Tensor ids)
    {
        using var scope = NewDisposeScope();
        return embed.Output(ComputePrecision.Float32).Logits(norm.forward(blocks.forward(Embed(ids, 0)))).MoveToOuterDisposeScope();
    }

    public void Check(IReadOnlyList<IReadOnlyList<int>> sources) => Assert.All(sources, source => Assert.Empty(source));

    public INextTokenScorer Begin(IReadOnlyList<IReadOnlyList<int>> sources, bool useCache)
        => useCache
            ? new CachedScorer(new DecoderState(this, new DecodingCache(blocks, sources.Count, CPU)), Next,
                embed.Output(ComputePrecision.Float32))
            : new UncachedScorer(sources.Count, CPU, [], (written, _) => forward(written).select(1, -1));

    // States (R, D) of the last of the newest tokens (R, T).
    private Tensor Next(Tensor ids, DecoderState state)
    {
        using var scope = NewDisposeScope();
        var x = Inference.Run(blocks.EvaluationRun, Embed(ids, state.Length), state.Cache.Next);
        state.Cache.Advance(ids.shape[1]);
        return norm.forward(x.select(1, -1)).MoveToOuterDisposeScope();
    }

    private Tensor Embed(Tensor ids, long first) => embed.forward(ids).Plus(SinusoidalPositions.Rows(first, ids.shape[1], width, CPU));
}
