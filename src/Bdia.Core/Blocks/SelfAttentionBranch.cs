using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="SelfAttention"/> behind a norm, as a branch of a block.</summary>
/// <param name="mask">Which tokens may be attended to, (B, N); null for all.</param>
internal sealed class SelfAttentionBranch(
    SublayerFrame frame, SelfAttention attention, Tensor? mask, TransformerBlockOptions options, ResidualContext context,
        Workspace workspace)
    : Branch(frame, options, context, workspace)
{
    private Kept? _qkv, _gathered, _logSumExp, _mask; // query, key and value: (B N, 3 D)
    private Kept? query, key; // before their norms

    public override IEnumerable<Tensor> Leaves => [.. base.Leaves, .. attention.NormWeights];

    /// <summary>
    /// What is kept: query, key and value, what was gathered, and the logarithms of the weights' sums; query and key before their norms,
    /// where they have some (what a norm makes on the way takes a state's place); where the first tokens alone are wanted, as there.
    /// </summary>
    public static BranchMemory Memory(BlockSizes sizes)
        => sizes.Leading is not null ? LeadingAttentionBranch.Memory(sizes)
            : new(4 * sizes.Wanted.Features + sizes.Wanted.LogSums + 2 * sizes.Wanted.BeforeNorms);

    protected override IReadOnlyList<Dense> Layers => [attention.QueryKeyValue, attention.Projection];

    protected override Tensor Evaluate(Tensor z)
    {
        _mask = mask is null ? null : Keep(mask);
        var qkv = NormalisedProduct(attention.QueryKeyValue, z);
        if (attention.QueryNorm is not null || attention.KeyNorm is not null) Chain.Run();
        if (attention.QueryNorm is { } queryNorm) query = Keep(HeadNorm(queryNorm).Forward(qkv, 0));
        if (attention.KeyNorm is { } keyNorm) key = Keep(HeadNorm(keyNorm).Forward(qkv, 1));
        ReturnUnlessKept(query?.Tensor);
        ReturnUnlessKept(key?.Tensor);
        var (gathered, logSumExp) = Core(z).Forward(Chain, new(qkv, 0), new(qkv, 1), new(qkv, 2));
        (_qkv, _gathered, _logSumExp) = (Keep(qkv), Keep(gathered), Keep(logSumExp));
        ReturnUnlessKept(logSumExp);
        ReturnUnlessKept(qkv);
        var r = Result(attention.Projection, gathered, z.shape);
        ReturnUnlessKept(gathered);
        return r;
    }

    protected override Inner Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        var (qkv, gathered, logSumExp) = (_qkv!.Tensor, _gathered!.Tensor, _logSumExp!.Tensor);
        AddResultGradients(sums, attention.Projection, gradient, gathered);
        AttendBackward(Core(z), new(qkv, 0), new(qkv, 1), new(qkv, 2), gathered, logSumExp, attention.Projection, gradient);
        var byQkv = qkv;
        if (attention.QueryNorm is { } queryNorm) HeadNorm(queryNorm).Backward(byQkv, 0, query!.Tensor, sums);
        if (attention.KeyNorm is { } keyNorm) HeadNorm(keyNorm).Backward(byQkv, 1, key!.Tensor, sums);
        var normalised = Normalised(z);
        AddGradients(sums, attention.QueryKeyValue, byQkv, normalised);
        Workspace.Return(normalised);
        return new(byQkv, attention.QueryKeyValue);
    }

    private HeadNorm HeadNorm(LayerNorm norm) => new(norm, Options.Width, Workspace);

    private AttentionCore Core(Tensor z)
        => new(new((int)z.shape[0], Options.Heads, (int)z.shape[1], (int)z.shape[1], Options.Width / Options.Heads, Options.Causal),
            _mask?.Tensor, Workspace);
}
