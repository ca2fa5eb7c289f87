using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>What the heads of one attention layer gather in one evaluation, by <see cref="AttentionKernel"/>.</summary>
/// <param name="shape">What it is computed over.</param>
/// <param name="mask">Which keys may be attended to, boolean, (B, M); null for all.</param>
/// <param name="workspace">For what it makes.</param>
internal sealed unsafe class AttentionCore(AttentionShape shape, Tensor? mask, Workspace workspace)
{
    private long Width => (long)shape.Heads * shape.Size;

    /// <summary>Queries, keys or values of all heads in the rows of a product.</summary>
    /// <param name="Rows">(tokens, one or several times D), contiguous.</param>
    /// <param name="Index">Which D of a row.</param>
    internal readonly record struct Part(Tensor Rows, int Index = 0);

    /// <summary>What is gathered, (B N, D), and the logarithms of the weights' sums, (B, H, N), float32; both rented.</summary>
    public (Tensor Gathered, Tensor LogSumExp) Forward(Part query, Part key, Part value)
    {
        var gathered = workspace.Rent(query.Rows.dtype, (long)shape.Batch * shape.Queries, Width);
        var logSumExp = workspace.Rent(ScalarType.Float32, shape.Batch, shape.Heads, shape.Queries);
        using var keys = mask?.contiguous();
        AttentionKernel.Forward(shape, Queries(query), Keys(key), Keys(value), Queries(new(gathered)),
            TensorMemory.Pointer<float>(logSumExp), Bytes(keys));
        return (gathered, logSumExp);
    }

    /// <summary>Writes the gradients by query, key and value over these.</summary>
    /// <param name="gradient">By what was gathered.</param>
    public void Backward(Part query, Part key, Part value, Tensor gathered, Tensor logSumExp, Tensor gradient)
    {
        using var keys = mask?.contiguous();
        AttentionKernel.Backward(shape, Queries(query), Keys(key), Keys(value), Queries(new(gathered)),
            TensorMemory.Pointer<float>(logSumExp),
            Queries(new(gradient)), Queries(query), Keys(key), Keys(value), Bytes(keys));
    }

    /// <summary><see cref="Forward(Part, Part, Part)"/> as a stage of a chain.</summary>
    public (Tensor Gathered, Tensor LogSumExp) Forward(RowChain chain, Part query, Part key, Part value)
    {
        if (!chain.IsOpen) return Forward(query, key, value);
        var gathered = workspace.Rent(query.Rows.dtype, (long)shape.Batch * shape.Queries, Width);
        var logSumExp = workspace.Rent(ScalarType.Float32, shape.Batch, shape.Heads, shape.Queries);
        var (q, k, v, output, sums) =
            (Queries(query), Keys(key), Keys(value), Queries(new(gathered)), (nint)TensorMemory.Pointer<float>(logSumExp));
        var allowed = (nint)Bytes(mask is null ? null : chain.Hold(mask.contiguous()));
        chain.Add(stretch => AttentionKernel.Forward(shape, stretch.First * shape.Heads, stretch.End * shape.Heads, q, k, v, output,
            (float*)sums, (byte*)allowed));
        return (gathered, logSumExp);
    }

    /// <summary><see cref="Backward(Part, Part, Part, Tensor, Tensor, Tensor)"/> as a stage of a chain that is open.</summary>
    /// <param name="gradient">Makes the gradient by what was gathered, in its number format.</param>
    public void Backward(RowChain chain, Part query, Part key, Part value, Tensor gathered, Tensor logSumExp, RowSource gradient)
    {
        var (q, k, v, output, sums) =
            (Queries(query), Keys(key), Keys(value), Queries(new(gathered)), (nint)TensorMemory.Pointer<float>(logSumExp));
        var allowed = (nint)Bytes(mask is null ? null : chain.Hold(mask.contiguous()));
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(shape.Queries);
            // as if the rows before were there as well
            var outer = output with { Start = gradient(first, count) - (nint)(stretch.First * output.BatchStride * output.ElementSize) };
            AttentionKernel.Backward(shape, stretch.First * shape.Heads, stretch.End * shape.Heads, q, k, v, output, (float*)sums, outer,
                q, k, v, (byte*)allowed);
        });
    }

    private static byte* Bytes(Tensor? mask) => mask is null ? null : TensorMemory.Pointer<byte>(mask);

    private HeadRows Queries(Part part) => Heads(part, shape.Queries);

    private HeadRows Keys(Part part) => Heads(part, shape.Keys);

    private HeadRows Heads(Part part, long tokens)
    {
        var rows = new TensorRows(part.Rows);
        var element = part.Rows.element_size();
        return new((nint)(rows.Start + part.Index * Width * element), rows.IsBFloat16, tokens * rows.Length, rows.Length, shape.Size);
    }
}
