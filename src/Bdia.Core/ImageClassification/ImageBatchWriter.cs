using System.Runtime.InteropServices;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>Fills the tensors of one batch, image by image, straight in their memory.</summary>
internal sealed class ImageBatchWriter : IDisposable
{
    private readonly ImageShape shape;
    private readonly int pixels, classes;
    private readonly Tensor images, targets, labels;
    private readonly float[] weights;
    private bool handedOver;

    /// <summary>An empty batch.</summary>
    /// <param name="shape">Size of an image.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="count">Images that the batch will have.</param>
    public ImageBatchWriter(ImageShape shape, int classes, int count)
    {
        (this.shape, pixels, this.classes) = (shape, shape.Size, classes);
        weights = new float[count];
        // Detached: a batch outlives whatever scope is open on the thread that makes it.
        images = empty([count, shape.Channels, shape.Height, shape.Width], float32, CPU).DetachFromDisposeScope();
        targets = empty([count, classes], float32, CPU).DetachFromDisposeScope();
        labels = empty([count], int64, CPU).DetachFromDisposeScope();
    }

    /// <summary>Images written so far.</summary>
    public int Written { get; private set; }

    /// <summary>Images that the batch will have.</summary>
    public int Count => weights.Length;

    /// <summary>Adds an image.</summary>
    /// <param name="label">Its class.</param>
    /// <param name="weight">How much it counts.</param>
    /// <param name="smoothing">Share of the target that is spread over all classes.</param>
    /// <returns>Where to write its normalised pixels.</returns>
    public Span<float> Add(int label, float weight, double smoothing)
    {
        // Weighted before any mixing, so that each part of a mixed image counts by its own class.
        ClassTargets.Write(Target(Written), label, weight, smoothing);
        MemoryMarshal.Cast<byte, long>(labels.bytes)[Written] = label;
        weights[Written] = weight;
        return Image(Written++);
    }

    /// <summary>
    /// Mixes every image and its target with the next one, the last with the first. The larger part stays the image's own:
    /// the distribution is symmetric and neighbours are random, so nothing is lost, and the label remains meaningful.
    /// </summary>
    /// <param name="mixture">How, asked for each image in turn.</param>
    public void Mix(Func<ImageMixture> mixture)
    {
        var (firstImage, firstTarget, firstWeight) = (Image(0).ToArray(), Target(0).ToArray(), weights[0]);
        for (var i = 0; i < Count; i++)
        {
            var each = mixture();
            var own = (float)each.Own;
            if (own == 1) continue;
            var last = i == Count - 1;
            var other = last ? firstImage : Image(i + 1);
            if (each.Box is { } box) Paste(Image(i), other, box);
            else Blend(Image(i), other, own);
            Blend(Target(i), last ? firstTarget : Target(i + 1), own);
            weights[i] = own * weights[i] + (1 - own) * (last ? firstWeight : weights[i + 1]);
        }
    }

    /// <summary>The finished batch.</summary>
    public ImageBatch ToBatch()
    {
        var sum = 0.0;
        foreach (var weight in weights) sum += weight;
        handedOver = true;
        return new ImageBatch(images, targets, labels, sum);
    }

    /// <summary>Frees the tensors unless a batch has taken them over.</summary>
    public void Dispose()
    {
        if (handedOver) return;
        images.Dispose();
        targets.Dispose();
        labels.Dispose();
    }

    private static void Blend(Span<float> own, ReadOnlySpan<float> other, float share)
    {
        for (var i = 0; i < own.Length; i++) own[i] = share * own[i] + (1 - share) * other[i];
    }

    private void Paste(Span<float> own, ReadOnlySpan<float> other, ImageBox box)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var y = box.Top; y < box.Top + box.Height; y++)
            {
                var at = (channel * shape.Height + y) * shape.Width + box.Left;
                other.Slice(at, box.Width).CopyTo(own[at..]);
            }
        }
    }

    private Span<float> Image(int row) => MemoryMarshal.Cast<byte, float>(images.bytes).Slice(row * pixels, pixels);

    private Span<float> Target(int row) => MemoryMarshal.Cast<byte, float>(targets.bytes).Slice(row * classes, classes);
}
