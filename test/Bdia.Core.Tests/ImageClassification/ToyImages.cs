using Bdia.Core.ImageClassification;
using Bdia.Core.Numerics;

namespace Bdia.Core.Tests.ImageClassification;

/// <summary>8 x 8 pictures of two classes, bars across and bars down, with noise; counts how often it was read.</summary>
internal sealed class ToyImages(int count, int channels = 1, double noise = 40, bool whole = true, int seed = 1) : IImageRows
{
    public int Passes { get; private set; }

    public int RowsRead { get; private set; }

    public Func<int, ImageRow, ImageRow>? Change { get; init; }

    public IEnumerable<ImageRow> Read()
    {
        Passes++;
        var buffer = new float[channels * 64];
        for (var row = 0; row < count; row++)
        {
            RowsRead++;
            var random = RandomSequence.At((ulong)seed, (ulong)row);
            var (label, phase) = (row % 2, random.Next(4));
            for (var i = 0; i < buffer.Length; i++)
            {
                var (y, x) = (i % 64 / 8, i % 8);
                var bar = ((label == 0 ? y : x) + phase) % 4 < 2 ? 180 : 70;
                var value = Math.Clamp(bar + noise * random.NextGaussian(), 0, 255);
                buffer[i] = (float)(whole ? Math.Round(value) : value);
            }

            var image = new ImageRow(label, buffer);
            yield return Change?.Invoke(row, image) ?? image;
        }
    }
}
