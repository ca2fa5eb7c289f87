using Bdia.Core.Operations;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>The place of a token as sines and cosines (Vaswani et al., "Attention Is All You Need", 2017, section 3.5).</summary>
internal static class SinusoidalPositions
{
    private const double LongestPeriod = 10_000; // over 2π, in tokens

    /// <summary>Feature 2i of place t is sin(t / 10000^(2i/D)), feature 2i+1 the cosine: (count, D) from a first place on.</summary>
    internal static Tensor Rows(long first, long count, int width, Device device)
    {
        var values = new float[count * width];
        for (var i = 0; i < width; i++)
        {
            var frequency = Math.Pow(LongestPeriod, -(double)(i - i % 2) / width);
            for (var t = 0; t < count; t++)
            {
                var angle = (first + t) * frequency;
                values[t * width + i] = (float)(i % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle));
            }
        }

        return tensor(values, [count, width], ScalarType.Float32, device);
    }
}
