using System.Globalization;
using System.Text.Json;
using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>
/// Whether images may be mirrored without looking like something else, told from training rows. Where an image and its mirror image are
/// equally likely, a model that has learned from some rows as they are knows others as well mirrored as not; of digits or shoes that all
/// point one way it knows far fewer.
/// </summary>
/// <remarks>
/// The model is ridge regression on random features (Coates, Lee and Ng, 2011): products with patches of the images, positive and negative
/// parts, averaged over quarters of the picture. Each half of the rows is judged by the model of the other. Takes a second or two.
/// </remarks>
/// <param name="Rows">Rows that were judged.</param>
/// <param name="Right">Of them, those whose class was told.</param>
/// <param name="RightMirrored">Of them, those whose class was told of the mirror image.</param>
/// <param name="Deviations">By how many deviations of chance the second is less (McNemar, 1947).</param>
internal sealed record MirrorTest(int Rows, int Right, int RightMirrored, double Deviations)
{
    private const int MostRows = 2000, FewestRows = 20, Filters = 32, FilterSide = 6, LargestSide = 32, RowsAtOnce = 50, MostPatches = 1000;
    private const double ShortestPatch = 0.1; // shorter ones are of one colour, as the margins of digits
    private const double Ridge = 0.3; // a feature, of deviation 1

    // Chance alone passes it once in 700 sets.
    private const double MostDeviations = 3;

    /// <summary>Whether images may be mirrored.</summary>
    public bool IsHarmless => Deviations <= MostDeviations;

    /// <summary>As a sentence of a log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"Images are {(IsHarmless ? "mirrored at random" : "not mirrored")}: of {Rows} training rows a small model told "
        + $"{(double)Right / Rows:P1} as they are and {(double)RightMirrored / Rows:P1} mirrored (AugmentFlip decides otherwise).");

    /// <summary>Asks some of the rows; null where there are too few to tell, or nothing to be seen on them.</summary>
    /// <param name="data">Training rows.</param>
    /// <param name="normalization">Of their pixels.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="seed">Of the choice of rows and patches.</param>
    /// <param name="stop">Ends it.</param>
    /// <remarks>Of several ranks that share the rows, rank 0 gets those that are asked, and tells the others.</remarks>
    /// <exception cref="OperationCanceledException"><paramref name="stop"/> was requested.</exception>
    public static MirrorTest? Of(ImageSubset data, PixelNormalization normalization, int classes, ulong seed, StopSignal stop)
    {
        if (data.Count < FewestRows) return null;
        var random = RandomSequence.At(seed, RandomPurpose.Mirror);
        var chosen = WindowShuffle.Order(data.Count, data.Count, new RandomSequence(random.Next())).Take(MostRows).Select(step => step.Row)
            .ToHashSet();
        var rows = data.OnFirst(chosen);
        if (data.Ranks.Size == 1) return Of(rows, chosen.Count, data.Shape, normalization, classes, random, stop);
        var told = data.Ranks.IsFirst ? Of(rows, chosen.Count, data.Shape, normalization, classes, random, stop) : null;
        return JsonSerializer.Deserialize<MirrorTest?>(data.Ranks.Broadcast(
            data.Ranks.IsFirst ? JsonSerializer.SerializeToUtf8Bytes(told) : null));
    }

    private static MirrorTest? Of(IEnumerable<ImageSubset.Row> rows, int count, ImageShape shape, PixelNormalization normalization,
        int classes, RandomSequence random, StopSignal stop)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (labels, plain, mirrored) = (new List<int>(), new List<Tensor>(), new List<Tensor>());
        Tensor? patches = null;
        foreach (var images in Sample(rows, count, shape, normalization, labels))
        {
            stop.ThrowIfRequested();
            patches ??= Patches(images, ref random);
            if (patches is null) return null;
            plain.Add(Features(images, patches));
            mirrored.Add(Features(images.flip(3), patches));
            images.Dispose();
        }

        return Judge(cat([.. plain]), cat([.. mirrored]), labels, classes);
    }

    /// <summary>The rows, normalised and small: (n, C, h, w) for every few.</summary>
    private static IEnumerable<Tensor> Sample(IEnumerable<ImageSubset.Row> rows, int left, ImageShape shape,
        PixelNormalization normalization, List<int> labels)
    {
        var (pixels, held, count) = (new float[shape.Size], new float[RowsAtOnce * shape.Size], 0);
        foreach (var row in rows)
        {
            row.Store.CopyTo(row.Slot, pixels);
            normalization.Apply(pixels, held.AsSpan(count++ * shape.Size, shape.Size));
            labels.Add(row.Label);
            left--;
            if (count < RowsAtOnce && left > 0) continue;
            using var images = tensor(held.AsSpan(0, count * shape.Size).ToArray(), [count, shape.Channels, shape.Height, shape.Width]);
            var step = Math.Max(1, Math.Min(shape.Height, shape.Width) / LargestSide);
            yield return nn.functional.avg_pool2d(images, step);
            count = 0;
            if (left == 0) yield break;
        }
    }

    /// <summary>
    /// Random patches of images, (filters, C, side, side), each without its mean and of length 1; null where all are of one colour.
    /// </summary>
    private static Tensor? Patches(Tensor images, ref RandomSequence random)
    {
        var shape = images.shape;
        var side = (int)Math.Min(FilterSide, Math.Min(shape[2], shape[3]));
        var patches = new List<Tensor>();
        for (var attempt = 0; attempt < MostPatches && patches.Count < Filters; attempt++)
        {
            var (image, down, right) = (random.Next((int)shape[0]), random.Next((int)shape[2] - side + 1),
                random.Next((int)shape[3] - side + 1));
            var patch = images[image].narrow(1, down, side).narrow(2, right, side);
            patch = patch.sub(patch.mean());
            var length = patch.norm();
            if (length.item<float>() > ShortestPatch) patches.Add(patch.div(length));
        }

        return patches.Count == 0 ? null : stack(patches);
    }

    /// <summary>(n, 8 · filters).</summary>
    private static Tensor Features(Tensor images, Tensor patches)
    {
        using var scope = NewDisposeScope();
        // A convolution written out: libtorch's own complains on the console where it lacks one of its libraries.
        var (count, filters, side) = (images.shape[0], patches.shape[0], patches.shape[3]);
        var windows = nn.functional.unfold(images, (side, side)); // (n, C · side², h · w)
        var products = patches.view(filters, -1).matmul(windows)
            .view(count, filters, images.shape[2] - side + 1, images.shape[3] - side + 1);
        var parts = cat([products.relu(), products.neg().relu()], 1);
        return nn.functional.adaptive_avg_pool2d(parts, 2).flatten(1).MoveToOuterDisposeScope();
    }

    private static MirrorTest Judge(Tensor plain, Tensor mirrored, List<int> labels, int classes)
    {
        var (mean, deviation) = (plain.mean([0], keepdim: true), plain.std(0, keepdim: true).Plus(1e-6));
        (plain, mirrored) = (plain.sub(mean).div(deviation).to(float64), mirrored.sub(mean).div(deviation).to(float64));
        var targets = nn.functional.one_hot(tensor(labels.Select(label => (long)label).ToArray()), classes)
            .to(float64).Plus(-1.0 / classes);

        // Halves by turns within every class.
        var seen = new int[classes];
        var halves = labels.Select(label => seen[label]++ % 2).ToArray();
        var (right, rightMirrored, lost, won) = (0, 0, 0, 0);
        for (var half = 0; half < 2; half++)
        {
            var learned = Where(halves, 1 - half);
            var (rows, judged) = (Enumerable.Range(0, halves.Length).Where(row => halves[row] == half).ToArray(), Where(halves, half));
            var inputs = plain[learned];
            var ridge = eye(inputs.shape[1], dtype: float64, device: CPU).Times(Ridge * inputs.shape[1]);
            var weights = linalg.solve(inputs.t().mm(inputs).Plus(ridge), inputs.t().mm(targets[learned]));
            var (told, toldMirrored) = (plain[judged].mm(weights).argmax(1).data<long>().ToArray(),
                mirrored[judged].mm(weights).argmax(1).data<long>().ToArray());
            for (var i = 0; i < rows.Length; i++)
            {
                var (asItIs, inMirror) = (told[i] == labels[rows[i]], toldMirrored[i] == labels[rows[i]]);
                if (asItIs) right++;
                if (inMirror) rightMirrored++;
                if (asItIs && !inMirror) lost++;
                if (!asItIs && inMirror) won++;
            }
        }

        return new MirrorTest(labels.Count, right, rightMirrored, (lost - won) / Math.Sqrt(Math.Max(1, lost + won)));

        static Tensor Where(int[] halves, int half)
            => tensor(Enumerable.Range(0, halves.Length).Where(row => halves[row] == half).Select(row => (long)row).ToArray());
    }
}
