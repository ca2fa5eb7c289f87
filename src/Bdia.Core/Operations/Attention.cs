using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// softmax(Q Kᵀ / √Dh) V (Vaswani et al., 2017), by whichever of libtorch's ways is fastest for the device and number format. A block whose
/// backward pass is written down takes <see cref="AttentionCore"/> instead, forth and back; one token of each row over keys and values that
/// are kept, <see cref="CachedAttention"/>.
/// </summary>
/// <remarks>
/// Masks are boolean, true where a key may be attended to, and broadcast to (B, H, queries, keys). A query that may attend to nothing
/// gives NaN: callers refuse such input. The way is chosen by shapes alone, so that it is the same with gradients and without.
/// </remarks>
internal static class Attention
{
    // Up to here the (N, N) weights of bf16 attention on the CPU are cheaper to write down than libtorch's fused kernel, whose bf16
    // backward runs at a sixth of the speed of the products (docs/performance.md). Beyond, their memory would count. In float32 the
    // fused kernel is level with the products for short sequences, masks or not, and faster for long ones.
    private const long MostTokensWrittenDown = 256;

    /// <summary>Among the tokens of one sequence.</summary>
    /// <param name="qkv">Query, key and value as one product gives them: (B, N, 3, H, Dh).</param>
    /// <param name="mask">Which tokens may be attended to; null for all.</param>
    /// <param name="causal">Whether a token sees none behind it.</param>
    /// <returns>(B, N, H Dh), in the same number format.</returns>
    internal static Tensor Self(Tensor qkv, Tensor? mask = null, bool causal = false)
    {
        using var scope = NewDisposeScope();
        var (batch, tokens, heads, size) = (qkv.shape[0], qkv.shape[1], qkv.shape[3], qkv.shape[4]);
        if (causal && mask is not null)
        {
            mask = mask.logical_and(ones([tokens, tokens], ScalarType.Bool, qkv.device).tril()); // libtorch takes one or the other
            causal = false;
        }

        if (IsCpuBFloat16(qkv))
        {
            if (tokens > MostTokensWrittenDown) return Self(qkv.to(ScalarType.Float32), mask, causal)
                .to(ScalarType.BFloat16).MoveToOuterDisposeScope();
            var parts = qkv.permute(2, 0, 3, 1, 4).reshape(3, batch * heads, tokens, size).unbind(0); // (B H, N, Dh) each
            var bias = causal ? CausalBias(qkv, tokens) : mask is null ? null : Bias(qkv, mask);
            return Joined(Products(parts[0], parts[1], parts[2], heads, bias)).MoveToOuterDisposeScope();
        }

        // Three views (B, H, N, Dh); the backward of unbind joins their gradients in one copy.
        var views = qkv.unbind(2).Select(part => part.transpose(1, 2)).ToArray();
        return Joined(nn.functional.scaled_dot_product_attention(views[0], views[1], views[2], mask, is_casual: causal))
            .MoveToOuterDisposeScope();
    }

    /// <summary>From the tokens of one sequence to those of another.</summary>
    /// <param name="q">Queries (B, N, H, Dh).</param>
    /// <param name="kv">Keys and values as one product gives them: (B, M, 2, H, Dh).</param>
    /// <param name="mask">Which keys may be attended to; null for all.</param>
    /// <returns>(B, N, H Dh), in the same number format.</returns>
    internal static Tensor Cross(Tensor q, Tensor kv, Tensor? mask)
    {
        using var scope = NewDisposeScope();
        var (batch, queries, heads, size) = (q.shape[0], q.shape[1], q.shape[2], q.shape[3]);
        var keys = kv.shape[1];
        if (IsCpuBFloat16(q))
        {
            if (Math.Max(queries, keys) > MostTokensWrittenDown)
                return Cross(q.to(ScalarType.Float32), kv.to(ScalarType.Float32), mask).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
            var parts = kv.permute(2, 0, 3, 1, 4).reshape(2, batch * heads, keys, size).unbind(0); // (B H, M, Dh) each
            var query = q.transpose(1, 2).reshape(batch * heads, queries, size);
            return Joined(Products(query, parts[0], parts[1], heads, mask is null ? null : Bias(q, mask))).MoveToOuterDisposeScope();
        }

        var views = kv.unbind(2).Select(part => part.transpose(1, 2)).ToArray(); // (B, H, M, Dh) each
        return Joined(nn.functional.scaled_dot_product_attention(q.transpose(1, 2), views[0], views[1], mask)).MoveToOuterDisposeScope();
    }

    /// <summary>Refuses a width that the heads cannot share.</summary>
    internal static void CheckHeads(int width, int heads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(heads, 1);
        if (width % heads != 0) throw new ArgumentException(
            $"Width {width} cannot be split into {heads} heads; choose a width that is a multiple of the heads.", nameof(width));
    }

    private static bool IsCpuBFloat16(Tensor t) => t.dtype == ScalarType.BFloat16 && t.device_type == DeviceType.CPU;

    // All of (B H, N, Dh); result (B, H, N, Dh).
    private static Tensor Products(Tensor q, Tensor k, Tensor v, long heads, Tensor? bias)
    {
        var scores = q.Times(1 / Math.Sqrt(q.shape[2])).bmm(k.transpose(1, 2)); // (B H, N, M)
        if (bias is not null) scores = scores.view(-1, heads, q.shape[1], k.shape[1]).Plus(bias).view(-1, q.shape[1], k.shape[1]);
        return scores.softmax(-1).bmm(v).view(-1, heads, q.shape[1], v.shape[2]);
    }

    // 0 where the mask allows, -∞ where it forbids.
    private static Tensor Bias(Tensor like, Tensor mask)
        => TensorMath.With(double.NegativeInfinity,
            forbidden => zeros(mask.shape, like.dtype, like.device).masked_fill_(mask.logical_not(), forbidden));

    private static Tensor CausalBias(Tensor like, long tokens)
        => TensorMath.With(double.NegativeInfinity, forbidden => full([tokens, tokens], forbidden, like.dtype, like.device)).triu(1);

    // (B, H, N, Dh) to (B, N, H Dh).
    private static Tensor Joined(Tensor gathered) => gathered.transpose(1, 2).flatten(2);
}
