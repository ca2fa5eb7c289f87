using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// What blocks are made of, a row for each kind of sub-layer. A block is the list of kinds that its options name (<see cref="Of"/>), and
/// so are its bytes and the number of its weights.
/// </summary>
/// <param name="Create">Makes one, with weights drawn from the generator.</param>
/// <param name="Weights">How many weights it has, its norm's not among them.</param>
/// <param name="Matrices">How many of them stand in matrices.</param>
/// <param name="Memory">What an evaluation that is gone back through takes.</param>
internal sealed record SublayerKind(
    Func<TransformerBlockOptions, Generator, Sublayer> Create, Func<TransformerBlockOptions, long> Weights,
        Func<TransformerBlockOptions, long> Matrices, Func<BlockSizes, BranchMemory> Memory)
{
    /// <summary>Among the tokens of the sequence.</summary>
    public static readonly SublayerKind SelfAttention =
        new(SelfAttentionSublayer.Create, SelfAttentionSublayer.WeightCount, SelfAttentionSublayer.MatrixCount,
            SelfAttentionBranch.Memory);

    /// <summary>From the tokens to those of another sequence.</summary>
    public static readonly SublayerKind CrossAttention =
        new(CrossAttentionSublayer.Create, CrossAttentionSublayer.WeightCount, CrossAttentionSublayer.MatrixCount,
            CrossAttentionBranch.Memory);

    /// <summary>Each token alone.</summary>
    public static readonly SublayerKind FeedForward =
        new(FeedForwardSublayer.Create, FeedForwardSublayer.WeightCount, FeedForwardSublayer.MatrixCount,
            FeedForwardBranch.Memory);

    /// <summary>What a block with such options is made of, in order: the one description of it.</summary>
    public static IReadOnlyList<SublayerKind> Of(TransformerBlockOptions options)
        => options.CrossAttention ? [SelfAttention, CrossAttention, FeedForward] : [SelfAttention, FeedForward];
}
