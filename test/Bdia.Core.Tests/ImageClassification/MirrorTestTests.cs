using Bdia.Core.ImageClassification;
using Bdia.Core.Numerics;
using Bdia.Core.Tests.Training;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.ImageClassification;

public class MirrorTestTests
{
    private static readonly StopSignal Never = new(null, null, default);

    private static MirrorTest? Of(IImageRows rows, int size = 8, long budget = 1 << 30, ulong seed = 1)
    {
        var survey = ImageSurvey.Of(rows, "training", new ImageShape(1, size, size), 2, budget, hash: false, Never);
        int[] all = [.. Enumerable.Range(0, survey.Labels.Count)];
        return MirrorTest.Of(new ImageSubset(rows, survey, all, budget), survey.TakeNormalization(all), 2, seed, Never);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Bars_across_and_down_may_be_mirrored(int seed)
    {
        var test = Of(new ToyImages(300, seed: seed))!;
        Assert.True(test.IsHarmless, $"{test}");
        Assert.True(test.Right > 200, $"{test}"); // it does know them
    }

    [Theory]
    [InlineData(8, 60)]
    [InlineData(28, 200)]
    [InlineData(75, 60)]
    public void Strokes_that_lean_to_the_left_or_to_the_right_may_not(int size, int count)
    {
        var test = Of(new Strokes(count, size), size)!;
        Assert.False(test.IsHarmless, $"{test}");
        Assert.True(test.RightMirrored < test.Right / 2, $"{test}");
    }

    [Fact]
    public void Rows_that_are_read_anew_answer_as_those_in_memory_do()
        => Assert.Equal(Of(new Strokes(150, 8)), Of(new Strokes(150, 8), budget: 64 * 20));

    [Fact]
    public void Nineteen_rows_or_blank_pictures_cannot_tell()
    {
        Assert.Null(Of(new Strokes(19, 8)));
        Assert.Null(Of(new ToyImages(100) { Change = (row, image) => image with { Pixels = new float[64] } }));
    }

    [Theory]
    [InlineData(null, "not mirrored")]
    [InlineData(true, null)]
    [InlineData(false, null)]
    public void Training_asks_unless_it_is_told(bool? asked, string? note)
    {
        var notes = new List<string>();
        using var classifier = ImageClassifierTraining.Run(
            ImageClassifierTrainingTests.Tiny, new() { Epochs = 1, BatchSize = 16 }, new() { AugmentFlip = asked }, new Strokes(60, 8),
            notes: new Call<TrainingNote>(value => notes.Add(value.Text)), cancellation: TestContext.Current.CancellationToken);
        Assert.Equal(note is null ? 1 : 2, notes.Count);
        if (note is not null) Assert.Contains(note, notes[1], StringComparison.Ordinal);
    }

    private sealed class Call<T>(Action<T> report) : IProgress<T>
    {
        public void Report(T value) => report(value);
    }

    /// <summary>A bright stroke from one corner to the other, leaning right in class 0 and left in class 1, with noise.</summary>
    private sealed class Strokes(int count, int size) : IImageRows
    {
        public IEnumerable<ImageRow> Read()
        {
            var pixels = new float[size * size];
            for (var row = 0; row < count; row++)
            {
                var random = RandomSequence.At(5, (ulong)row);
                var (label, shift) = (row % 2, random.Next(3) - 1);
                for (var i = 0; i < pixels.Length; i++)
                {
                    var (y, x) = (i / size, i % size);
                    var on = Math.Abs((label == 0 ? x : size - 1 - x) - y + shift) <= size / 8;
                    pixels[i] = (float)Math.Clamp((on ? 180 : 70) + 30 * random.NextGaussian(), 0, 255);
                }

                yield return new ImageRow(label, pixels);
            }
        }
    }
}
