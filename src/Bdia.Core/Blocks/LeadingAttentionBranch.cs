using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>
/// <see cref="SelfAttention"/> behind a norm, as a branch of a last block, of which the first tokens alone are wanted: these attend to all
/// tokens, but no query, and nothing behind the attention, is computed of the others.
/// </summary>
/// <param name="leading">n, how many tokens; r(z) is (B, n, D).</param>
/// <param name="mask">Which tokens may be attended to, (B, N); null for all.</param>
internal sealed class LeadingAttentionBranch(
    SublayerFrame frame, SelfAttention attention, long leading, Tensor? mask, TransformerBlockOptions options,
        ResidualContext context, Workspace workspace)
    : QueryBranch(frame, options, context, workspace)
{
    private Kept? _mask;
    private Kept? queryBefore, keyBefore; // their norms

    public override IEnumerable<Tensor> Leaves => [.. base.Leaves, .. attention.NormWeights];

    /// <summary>
    /// What is kept: key and value of all tokens; query, what was gathered, and the logarithms of the weights' sums of the wanted ones;
    /// query and key before their norms, where they have some.
    /// </summary>
    public static BranchMemory Memory(BlockSizes sizes)
        => new(2 * sizes.All.Features + 2 * sizes.Wanted.Features + sizes.Wanted.LogSums
            + sizes.All.BeforeNorms + sizes.Wanted.BeforeNorms);

    protected override IReadOnlyList<Dense> Layers => [attention.QueryKeyValue, attention.Projection];

    private DensePart Query => new(attention.QueryKeyValue, 0, Options.Width);

    private DensePart KeyValue => new(attention.QueryKeyValue, Options.Width, 2 * Options.Width);

    protected override Tensor Evaluate(Tensor z)
    {
        _mask = mask is null ? null : Keep(mask);
        var normalised = Normalised(z);
        var first = First(normalised, z);
        var query = Product(Query, first);
        Workspace.Return(first);
        var keyValue = Product(KeyValue, normalised);
        Workspace.Return(normalised);
        if (attention.QueryNorm is { } queryNorm) queryBefore = Keep(HeadNorm(queryNorm).Forward(query, 0));
        if (attention.KeyNorm is { } keyNorm) keyBefore = Keep(HeadNorm(keyNorm).Forward(keyValue, 0));
        ReturnUnlessKept(queryBefore?.Tensor);
        ReturnUnlessKept(keyBefore?.Tensor);
        return Attend(Core(z), query, keyValue, attention.Projection, [z.shape[0], leading, Options.Width]);
    }

    protected override Inner Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        var (byQuery, byKeyValue) = AttendBackward(Core(z), gradient, attention.Projection, sums);
        if (attention.QueryNorm is { } queryNorm) HeadNorm(queryNorm).Backward(byQuery, 0, queryBefore!.Tensor, sums);
        if (attention.KeyNorm is { } keyNorm) HeadNorm(keyNorm).Backward(byKeyValue, 0, keyBefore!.Tensor, sums);

        var normalised = Normalised(z);
        var first = First(normalised, z);
        AddGradients(sums, Query, byQuery, first);
        AddGradients(sums, KeyValue, byKeyValue, normalised);
        Workspace.Return(first);
        Workspace.Return(normalised);
        var byFirst = ByInput(Query, byQuery);
        Workspace.Return(byQuery);
        var byNormalised = ByInput(KeyValue, byKeyValue);
        Workspace.Return(byKeyValue);
        Rows(byNormalised, z).PlusInPlace(byFirst.view(z.shape[0], leading, Options.Width));
        Workspace.Return(byFirst);
        return new(byNormalised);
    }

    // The rows of the first tokens, side by side: (B n, D).
    private Tensor First(Tensor rows, Tensor z)
    {
        var first = Workspace.Rent(Type, z.shape[0] * leading, Options.Width);
        first.view(z.shape[0], leading, Options.Width).copy_(Rows(rows, z));
        return first;
    }

    // The rows of the first tokens where they are: (B, n, D).
    private Tensor Rows(Tensor rows, Tensor z) => rows.view(z.shape).narrow(1, 0, leading);

    private HeadNorm HeadNorm(LayerNorm norm) => new(norm, Options.Width, Workspace);

    private AttentionCore Core(Tensor z)
        => new(new((int)z.shape[0], Options.Heads, (int)leading, (int)z.shape[1], Options.Width / Options.Heads, Options.Causal),
            _mask?.Tensor, Workspace);
}
