using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary><see cref="CrossAttention"/> behind a norm, as a branch of a block.</summary>
/// <param name="memory">What is gathered from, (B, M, D), float32; gradients are made by it as well.</param>
/// <param name="mask">Which of it may be attended to, (B, M).</param>
internal sealed class CrossAttentionBranch(
    SublayerFrame frame, CrossAttention attention, Tensor memory, Tensor mask, TransformerBlockOptions options,
        ResidualContext context, Workspace workspace)
    : QueryBranch(frame, options, context, workspace)
{
    private Kept? _memory, _mask;

    public override IEnumerable<Tensor> Leaves => base.Leaves.Append(memory);

    /// <summary>
    /// What is kept: query, what was gathered, and the logarithms of the weights' sums; key and value of the memory. Besides, the memory as
    /// a product takes it, the gradient by it, and the sum of that over all blocks.
    /// </summary>
    public static BranchMemory Memory(BlockSizes sizes)
    {
        var (of, memory) = (sizes.Wanted, sizes.Memory);
        return new(2 * of.Features + of.LogSums + 2 * memory.Features, 2 * memory.Features + memory.State + memory.Operands(attention: 2));
    }

    protected override IReadOnlyList<Dense> Layers => [attention.Query, attention.KeyValue, attention.Projection];

    protected override Tensor Evaluate(Tensor z)
    {
        (_memory, _mask) = (Keep(memory), Keep(mask));
        var normalised = Normalised(z);
        var query = Product(attention.Query, normalised);
        Workspace.Return(normalised);
        var source = Source();
        var keyValue = Product(attention.KeyValue, source);
        Workspace.Return(source);
        return Attend(Core(z), query, keyValue, attention.Projection, z.shape);
    }

    protected override Tensor Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        var (byQuery, byKeyValue) = AttendBackward(Core(z), gradient, attention.Projection, sums);

        var source = Source();
        AddGradients(sums, attention.KeyValue, byKeyValue, source);
        Workspace.Return(source);
        if (sums.SumFor(memory) is { } byMemory)
        {
            var bySource = ByInput(attention.KeyValue, byKeyValue);
            byMemory.PlusInPlace(bySource.view(byMemory.shape));
            Workspace.Return(bySource);
        }

        Workspace.Return(byKeyValue);
        var normalised = Normalised(z);
        AddGradients(sums, attention.Query, byQuery, normalised);
        Workspace.Return(normalised);
        var byNormalised = ByInput(attention.Query, byQuery);
        Workspace.Return(byQuery);
        return byNormalised;
    }

    // The memory as the product takes it: (B M, D).
    private Tensor Source()
    {
        using var rows = _memory!.Tensor.reshape(-1, Options.Width);
        return Workspace.Rent(Type, rows.shape).copy_(rows);
    }

    private AttentionCore Core(Tensor z)
        => new(new((int)z.shape[0], Options.Heads, (int)z.shape[1], (int)_memory!.Tensor.shape[1],
            Options.Width / Options.Heads, Causal: false), _mask!.Tensor, Workspace);
}
