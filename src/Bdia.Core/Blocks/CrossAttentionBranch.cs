using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;
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
        var query = NormalisedProduct(attention.Query, z);
        var source = Source();
        var keyValue = Chain.IsOpen ? Product(attention.KeyValue, DenseCore.Of(source), memory) : Product(attention.KeyValue, source);
        Leave(source);
        return Attend(Core(z), query, keyValue, attention.Projection, z.shape);
    }

    protected override Inner Differentiate(Tensor gradient, Tensor z, IGradientSums sums)
    {
        var (byQuery, byKeyValue) = AttendBackward(Core(z), gradient, attention.Projection, sums);

        var source = Source();
        AddGradients(sums, attention.KeyValue, byKeyValue, source);
        Leave(source);
        if (sums.SumFor(memory) is { } byMemory)
        {
            if (Chain.IsOpen && byMemory.is_contiguous()) AddToRows(byMemory, ByInputRows(attention.KeyValue, byKeyValue));
            else AddTo(byMemory, byKeyValue);
        }

        Workspace.Return(byKeyValue);
        var normalised = Normalised(z);
        AddGradients(sums, attention.Query, byQuery, normalised);
        Workspace.Return(normalised);
        return new(byQuery, attention.Query);
    }

    private void AddTo(Tensor byMemory, Tensor byKeyValue)
    {
        var bySource = ByInput(attention.KeyValue, byKeyValue);
        Chain.Run();
        byMemory.PlusInPlace(bySource.view(byMemory.shape));
        Workspace.Return(bySource);
    }

    private unsafe void AddToRows(Tensor byMemory, RowSource bySource)
    {
        var sum = TensorMemory.Pointer<float>(byMemory);
        var (tokens, width) = (byMemory.shape[1], Options.Width);
        Chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            SimdVectors.Add(sum + first * width, (float*)bySource(first, count), sum + first * width, (long)count * width);
        });
        Chain.Run();
    }

    // The memory as the product takes it, (B M, D): itself, or a rented copy.
    private Tensor Source()
    {
        var rows = _memory!.Tensor.reshape(-1, Options.Width);
        if (rows.dtype == Type && rows.is_contiguous()) return rows;
        using (rows) return Workspace.Rent(Type, rows.shape).copy_(rows);
    }

    private void Leave(Tensor source)
    {
        if (Workspace.Has(source)) Chain.Return(source);
    }

    private AttentionCore Core(Tensor z)
        => new(new((int)z.shape[0], Options.Heads, (int)z.shape[1], (int)_memory!.Tensor.shape[1],
            Options.Width / Options.Heads, Causal: false), _mask!.Tensor, Workspace);
}
