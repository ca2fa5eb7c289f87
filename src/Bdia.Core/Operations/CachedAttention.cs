using Bdia.Core.Simd;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// softmax(q Kᵀ / √Dh) V of the newest tokens of each row over keys and values that are kept, without gradients: what
/// <see cref="Attention"/> gives at their places.
/// </summary>
internal static class CachedAttention
{
    /// <summary>Attends.</summary>
    /// <param name="queries">(R, T, ...), contiguous; a token begins with its query, H times Dh numbers.</param>
    /// <param name="cached">Keys and values of R rows at least, (M, capacity, 2, H, Dh), contiguous.</param>
    /// <param name="count">Keys that are there, at least 1.</param>
    /// <param name="mask">(M, 1, 1, count), true where a key may be attended to, at least one in each row; null for all.</param>
    /// <param name="causal">Whether the last T keys are those of the tokens, of which none sees another behind it; not together with a
    /// mask.</param>
    /// <returns>(R, T, H Dh).</returns>
    public static Tensor Apply(Tensor queries, Tensor cached, long count, Tensor? mask, bool causal)
        => CpuKernels.Serve(queries) && CachedAttentionKernel.Fits(queries) ? CachedAttentionKernel.Apply(queries, cached, count, mask)
            : ByLibtorch(queries, cached, count, mask, causal);

    /// <summary>The same by libtorch: on other devices, for several tokens at once, and as the reference of the kernel.</summary>
    public static Tensor ByLibtorch(Tensor queries, Tensor cached, long count, Tensor? mask, bool causal)
    {
        using var scope = NewDisposeScope();
        var (rows, tokens, heads, size) = (queries.shape[0], queries.shape[1], cached.shape[3], cached.shape[4]);
        mask = mask?.narrow(0, 0, rows);
        var q = queries.view(rows, tokens, -1).narrow(2, 0, heads * size).view(rows, tokens, heads, size).transpose(1, 2);
        if (causal && tokens > 1) mask = ones([tokens, count], ScalarType.Bool, queries.device).tril(count - tokens);
        var written = cached.narrow(0, 0, rows).narrow(1, 0, count).transpose(1, 3); // (R, H, 2, count, Dh)
        var gathered = nn.functional.scaled_dot_product_attention(q, written.select(2, 0), written.select(2, 1), mask); // (R, H, T, Dh)
        return gathered.transpose(1, 2).flatten(2).MoveToOuterDisposeScope();
    }

    /// <summary>Writes keys and values of the newest tokens to their places.</summary>
    /// <param name="projected">(R, T, ...), contiguous; a token ends with its keys and values, 2 H Dh numbers.</param>
    /// <param name="cached">(M, capacity, 2, H, Dh), contiguous.</param>
    /// <param name="position">Place of the first of the tokens.</param>
    public static void Write(Tensor projected, Tensor cached, long position)
    {
        if (CpuKernels.Serve(projected)) CachedAttentionKernel.Write(projected, cached, position);
        else WriteByLibtorch(projected, cached, position);
    }

    /// <summary>The same by libtorch.</summary>
    public static void WriteByLibtorch(Tensor projected, Tensor cached, long position)
    {
        using var scope = NewDisposeScope();
        var (rows, tokens, heads, size) = (projected.shape[0], projected.shape[1], cached.shape[3], cached.shape[4]);
        var features = projected.reshape(rows, tokens, -1);
        var keysAndValues = features.narrow(2, features.shape[2] - 2 * heads * size, 2 * heads * size).view(rows, tokens, 2, heads, size);
        cached.narrow(0, 0, rows).narrow(1, position, tokens).copy_(keysAndValues);
    }
}
