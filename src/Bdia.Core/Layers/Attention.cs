using Bdia.Core.Numerics;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>softmax(Q Kᵀ / √Dh) V, by whichever of libtorch's ways is fastest for the device and number format.</summary>
internal static class Attention
{
    // Up to here the (N, N) weights of bf16 attention on the CPU are cheaper to write down than libtorch's fused kernel, whose bf16
    // backward runs at a sixth of the speed of the products (docs/performance.md). Beyond, their memory would count.
    private const long MostTokensWrittenDown = 256;

    /// <summary>Query, key and value as one product gives them: (B, N, 3, H, Dh). Result: (B, N, H Dh), in the same number format.</summary>
    internal static Tensor Self(Tensor qkv)
    {
        using var scope = NewDisposeScope();
        var (batch, tokens, heads, size) = (qkv.shape[0], qkv.shape[1], qkv.shape[3], qkv.shape[4]);
        if (qkv.dtype == ScalarType.BFloat16 && qkv.device_type == DeviceType.CPU)
        {
            if (tokens > MostTokensWrittenDown) return Self(qkv.to(ScalarType.Float32)).to(ScalarType.BFloat16).MoveToOuterDisposeScope();
            var parts = qkv.permute(2, 0, 3, 1, 4).reshape(3, batch * heads, tokens, size).unbind(0); // (B H, N, Dh) each
            var weights = parts[0].Times(1 / Math.Sqrt(size)).bmm(parts[1].transpose(1, 2)).softmax(-1); // (B H, N, N)
            return weights.bmm(parts[2]).view(batch, heads, tokens, size).transpose(1, 2).reshape(batch, tokens, heads * size).MoveToOuterDisposeScope();
        }

        // Three views (B, H, N, Dh); the backward of unbind joins their gradients in one copy.
        var views = qkv.unbind(2).Select(part => part.transpose(1, 2)).ToArray();
        var gathered = nn.functional.scaled_dot_product_attention(views[0], views[1], views[2]); // (B, H, N, Dh)
        return gathered.transpose(1, 2).reshape(batch, tokens, heads * size).MoveToOuterDisposeScope();
    }
}
