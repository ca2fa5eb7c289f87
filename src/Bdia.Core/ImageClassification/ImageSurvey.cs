using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>What the first pass over some rows finds: labels, moments, whether they fit into memory, and if so the pixels.</summary>
internal sealed class ImageSurvey
{
    private readonly List<int> labels = [];
    private readonly List<PixelExtreme> extremes = [];
    private readonly List<PixelMoments> moments = []; // of row r, channel c at r * channels + c

    private ImageSurvey(ImageShape shape) => Shape = shape;

    /// <summary>Size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Class of every row.</summary>
    public IReadOnlyList<int> Labels => labels;

    /// <summary>The largest pixel value of every row.</summary>
    public IReadOnlyList<PixelExtreme> Extremes => extremes;

    /// <summary>The pixels; null where they exceed the budget.</summary>
    public PixelStore? Store { get; private set; }

    /// <summary>Whether every value is a whole number 0..255.</summary>
    public bool AreBytes { get; private set; } = true;

    /// <summary>SHA-256 of labels and pixels; null where it was not asked for.</summary>
    public string? Hash { get; private set; }

    /// <summary>Bytes that an image takes in memory.</summary>
    public long RowBytes => (long)Shape.Size * (AreBytes ? 1 : sizeof(float));

    /// <summary>Reads all rows once.</summary>
    /// <param name="rows">The rows.</param>
    /// <param name="what">What they are, for messages ("training", "validation").</param>
    /// <param name="shape">Size that every image must have.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="budget">Bytes that the pixels may take in memory.</param>
    /// <param name="hash">Whether to compute <see cref="Hash"/>.</param>
    /// <param name="stop">Ends the pass.</param>
    /// <exception cref="InvalidDataException">A row is not as it must be, or there is none.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    public static ImageSurvey Of(IImageRows rows, string what, ImageShape shape, int classes, long budget, bool hash, StopSignal stop)
    {
        var survey = new ImageSurvey(shape) { Store = new PixelStore(shape.Size, asBytes: true) };
        using var sha = hash ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        foreach (var row in rows.Read())
        {
            stop.ThrowIfRequested();
            RowCheck.Check(row, survey.labels.Count, what, shape, classes);
            survey.Add(row, budget);
            sha?.AppendData(BitConverter.GetBytes(row.Label));
            sha?.AppendData(MemoryMarshal.AsBytes(row.Pixels.AsSpan()));
        }

        if (survey.labels.Count == 0) throw new InvalidDataException($"The {what} data has no usable row; give it at least one.");
        survey.Hash = sha is null ? null : Convert.ToHexStringLower(sha.GetHashAndReset());
        return survey;
    }

    /// <summary>Mean and deviation per channel over some of the rows. To be asked for once: what it is computed from is let go.</summary>
    public PixelNormalization TakeNormalization(IEnumerable<int> rows)
    {
        var channels = new PixelMoments[Shape.Channels];
        foreach (var row in rows)
        {
            for (var c = 0; c < channels.Length; c++) channels[c] = channels[c].With(moments[row * channels.Length + c]);
        }

        moments.Clear();
        moments.TrimExcess();
        return PixelNormalization.From(channels);
    }

    private void Add(ImageRow row, long budget)
    {
        labels.Add(row.Label);
        extremes.Add(PixelExtreme.Of(row.Pixels));
        for (var c = 0; c < Shape.Channels; c++) moments.Add(PixelMoments.Of(row.Pixels.AsSpan(c * Shape.Area, Shape.Area)));
        AreBytes = AreBytes && PixelStore.AreBytes(row.Pixels);
        if (labels.Count * RowBytes > budget) Store = null;
        Store?.Add(row.Pixels);
    }
}
