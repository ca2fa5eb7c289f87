using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// <see cref="SelfAttention"/> behind a norm, as a branch of a last block, of which the first tokens alone are wanted: these attend to all tokens, but no
/// query, and nothing behind the attention, is computed of the others.
/// </summary>
/// <param name="leading">n, how many tokens; r(z) is (B, n, D).</param>
/// <param name="mask">Which tokens may be attended to, (B, N); null for all.</param>
internal sealed class LeadingAttentionBranch(
    LayerNorm norm, SelfAttention attention, long leading, Tensor? mask, TransformerBlockOptions options, ResidualContext context, Workspace workspace)
    : Branch(norm, options, context, workspace)
{
    private Kept? _query, _keyValue, _gathered, _logSumExp, _mask; // (B n, D), (B N, 2 D)

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
        var (gathered, logSumExp) = Core(z).Forward(new(query), new(keyValue, 0), new(keyValue, 1));
        (_query, _keyValue, _gathered, _logSumExp) = (Keep(query), Keep(keyValue), Keep(gathered), Keep(logSumExp));
        foreach (var used in (Tensor[])[query, keyValue, logSumExp]) ReturnUnlessKept(used);
        var r = Result(attention.Projection, gathered, [z.shape[0], leading, Options.Width]);
        ReturnUnlessKept(gathered);
        return r;
    }

    protected override Tensor Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        var (query, keyValue, gathered, logSumExp) = (_query!.Tensor, _keyValue!.Tensor, _gathered!.Tensor, _logSumExp!.Tensor);
        AddGradients(sums, attention.Projection, gradient, gathered);
        var byGathered = ByInput(attention.Projection, gradient);
        Core(z).Backward(new(query), new(keyValue, 0), new(keyValue, 1), gathered, logSumExp, byGathered);
        var (byQuery, byKeyValue) = (query, keyValue);
        foreach (var used in (Tensor[])[gathered, logSumExp, byGathered]) Workspace.Return(used);

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
        return byNormalised;
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

    private AttentionCore Core(Tensor z)
        => new(new((int)z.shape[0], Options.Heads, (int)leading, (int)z.shape[1], Options.Width / Options.Heads, Causal: false), _mask?.Tensor, Workspace);
}
