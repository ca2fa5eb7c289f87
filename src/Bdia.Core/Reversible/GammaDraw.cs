using Bdia.Core.Numerics;
using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>gamma_k of one block: a sign per sample, and a size where there are several, a function of the clock alone.</summary>
internal static class GammaDraw
{
    private const ulong Purpose = 0x67616D6D61; // keeps these bits apart from those of dropout masks, which derive from the same key

    public static float[] PerSample(TrainingClock clock, int stream, int block, long samples, IntegrationWeight weight)
    {
        var key = SplitMix64.Derive(clock.Key(stream, block), Purpose);
        var gamma = new float[samples];
        for (var i = 0; i < gamma.Length; i++)
        {
            var random = SplitMix64.Derive(key, (ulong)(clock.FirstRow + i));
            var size = weight.Size((uint)random);
            gamma[i] = random >> 63 == 0 ? size : -size;
        }

        return gamma;
    }

    /// <summary>As a tensor that broadcasts over a state: (B, 1, ..., 1).</summary>
    public static Tensor AsTensor(float[] gamma, Tensor like)
    {
        var shape = new long[like.dim()];
        Array.Fill(shape, 1);
        shape[0] = gamma.Length;
        return tensor(gamma, float32, like.device).view(shape);
    }
}
