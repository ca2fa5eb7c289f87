using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Bdia.Core.Distributed;
using Bdia.Core.Training;

namespace Bdia.Core.ImageClassification;

/// <summary>What the first pass over some rows finds: labels, moments, whether they fit into memory, and if so the pixels.</summary>
internal sealed class ImageSurvey
{
    private readonly List<int> labels = [];
    private readonly List<PixelExtreme> extremes = [];
    private readonly List<PixelMoments> moments = []; // of row r, channel c at r * channels + c
    private readonly List<long> positions = []; // where ranks have read a part each

    private ImageSurvey(ImageShape shape) => Shape = shape;

    /// <summary>Size of every image.</summary>
    public ImageShape Shape { get; }

    /// <summary>Class of every row.</summary>
    public IReadOnlyList<int> Labels => labels;

    /// <summary>The largest pixel value of every row.</summary>
    public IReadOnlyList<PixelExtreme> Extremes => extremes;

    /// <summary>The pixels; null where they exceed the budget.</summary>
    public PixelStore? Store { get; private set; }

    /// <summary>Where the pixels are, of ranks that have read a part each; null where this process reads all, or where they exceed the
    /// budget.</summary>
    public SharedPixels? Shared { get; private set; }

    /// <summary>Whether the pixels are in memory.</summary>
    public bool IsInMemory => Store is not null || Shared is not null;

    /// <summary>The ranks that have read a part each; this process where it reads all.</summary>
    public RankGroup Ranks { get; private set; } = RankGroup.Alone;

    /// <summary>The positions of the rows, as <see cref="IPartedImageRows"/> has them; null where this process reads all.</summary>
    public IReadOnlyList<long>? Positions { get; private set; }

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

    /// <summary>Reads all rows once, of which each rank decodes and keeps a part.</summary>
    /// <param name="rows">The rows, the same on all ranks.</param>
    /// <param name="what">What they are, for messages ("training", "validation").</param>
    /// <param name="shape">Size that every image must have.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="budget">Bytes that the pixels may take in the memory of all ranks together.</param>
    /// <param name="ranks">The ranks.</param>
    /// <param name="stop">Ends the pass.</param>
    /// <remarks>What is found does not depend on the number of ranks, save who has which pixels.</remarks>
    /// <exception cref="InvalidDataException">A row is not as it must be, or there is none.</exception>
    /// <exception cref="DistributedException">Ranks have other rows, or one has failed or does not answer.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    public static ImageSurvey OfRanks(IImageRows rows, string what, ImageShape shape, int classes, long budget, RankGroup ranks,
        StopSignal stop)
    {
        var store = new PixelStore(shape.Size, asBytes: true);
        using IncrementalHash sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256),
            sample = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (found, moments, end, areBytes) = (new List<SurveyPart.Row>(), new List<PixelMoments>(), 0L, true);
        foreach (var (position, row) in rows.ReadSome(Reads))
        {
            stop.ThrowIfRequested();
            RowCheck.Check(row, (int)position, what, shape, classes);
            var hash = SurveyPart.RowHash.Of(row, sha);
            if (SurveyPart.IsInSample(position))
            {
                sample.AppendData(BitConverter.GetBytes(position));
                sample.AppendData(hash);
            }

            if (!IsOwn(position)) continue;
            found.Add(new(position, row.Label, PixelExtreme.Of(row.Pixels), hash));
            for (var c = 0; c < shape.Channels; c++) moments.Add(PixelMoments.Of(row.Pixels.AsSpan(c * shape.Area, shape.Area)));
            areBytes = areBytes && PixelStore.AreBytes(row.Pixels);
            if (store is not null && (store.Count + 1) * store.RowBytes <= budget) store.Add(row.Pixels);
            else store = null;
        }

        var own = new SurveyPart([.. found], [.. moments], end, areBytes, sample.GetHashAndReset());
        SurveyPart[] parts = [.. ranks.Gather(own.ToBytes()).Select(bytes => SurveyPart.Of(bytes))];
        RankAgreement.RequireSame(parts, part => (part.Positions, Convert.ToHexString(part.Sample)),
            $"its {what} rows are others, or more or fewer");
        return Joined(parts, what, shape, budget, ranks, store);

        bool IsOwn(long position) => position % ranks.Size == ranks.Rank;

        bool Reads(long position)
        {
            end = position + 1;
            return IsOwn(position) || SurveyPart.IsInSample(position);
        }
    }

    private static ImageSurvey Joined(SurveyPart[] parts, string what, ImageShape shape, long budget, RankGroup ranks, PixelStore? store)
    {
        var survey = new ImageSurvey(shape) { Ranks = ranks, AreBytes = parts.All(part => part.AreBytes) };
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var holders = new List<int>();
        foreach (var (part, row) in parts.SelectMany((part, rank) => part.Rows.Select((_, row) => (rank, row)))
            .OrderBy(each => parts[each.rank].Rows[each.row].Position))
        {
            var found = parts[part].Rows[row];
            survey.labels.Add(found.Label);
            survey.extremes.Add(found.Extreme);
            survey.positions.Add(found.Position);
            survey.moments.AddRange(parts[part].Moments.AsSpan(row * shape.Channels, shape.Channels));
            var hash = found.Hash;
            sha.AppendData(hash);
            holders.Add(part);
        }

        if (survey.labels.Count == 0) throw new InvalidDataException($"The {what} data has no usable row; give it at least one.");
        survey.Hash = Convert.ToHexStringLower(sha.GetHashAndReset());
        survey.Positions = survey.positions;
        if (survey.labels.Count * survey.RowBytes > budget) return survey;
        if (!survey.AreBytes) store!.Widen();
        survey.Shared = new SharedPixels(ranks, store!, [.. holders]);
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
