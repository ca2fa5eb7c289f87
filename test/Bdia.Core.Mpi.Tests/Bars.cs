using Bdia.Core.ImageClassification;
using Bdia.Core.SequenceToSequence;

namespace Bdia.Core.Mpi.Tests;

/// <summary>8 x 8 pictures of two classes, bars across and bars down, with noise.</summary>
internal sealed class Bars(int count) : IImageRows
{
    public IEnumerable<ImageRow> Read()
    {
        var random = new Random(1);
        for (var row = 0; row < count; row++)
        {
            var (label, phase, pixels) = (row % 2, random.Next(4), new float[64]);
            for (var i = 0; i < pixels.Length; i++)
                pixels[i] = ((label == 0 ? i / 8 : i % 8) + phase) % 4 < 2 ? random.Next(120, 240) : random.Next(20, 140);
            yield return new ImageRow(label, pixels);
        }
    }
}

/// <summary>Numbers of one to four digits, and the same from behind.</summary>
internal sealed class Numbers(int count) : ITextPairs
{
    public IEnumerable<TextPair> Read()
    {
        var random = new Random(2);
        for (var row = 0; row < count; row++)
        {
            var digits = Enumerable.Range(0, random.Next(1, 5)).Select(_ => $"{random.Next(10)}").ToArray();
            yield return new TextPair(string.Join(' ', digits), string.Join(' ', digits.Reverse()));
        }
    }
}
