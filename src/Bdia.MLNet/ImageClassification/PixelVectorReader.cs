using Bdia.Core.ImageClassification;
using System.Runtime.CompilerServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.ImageClassification;

/// <summary>Reads a column of pixel values, in any units.</summary>
internal sealed class PixelVectorReader(DataViewRow row, DataViewSchema.Column column, ImageShape shape, PixelLayout layout) : ImageReader
{
    private readonly ValueGetter<VBuffer<float>> getter = row.GetGetter<VBuffer<float>>(column);
    private readonly float[] interleaved = layout == PixelLayout.Interleaved ? new float[shape.Size] : [];
    private VBuffer<float> values;

    public override string? Read(Span<float> pixels)
    {
        if (Load(getter, ref values) is { } reason)
            return reason;
        if (values.Length != shape.Size)
            return $"the image has {values.Length} values, but the model takes {shape.Size} ({shape})";
        if (layout == PixelLayout.Interleaved)
        {
            values.CopyTo(interleaved);
            Separate(interleaved, pixels);
        }
        else
        {
            values.CopyTo(pixels);
        }
        return NotFinite(pixels);
    }

    private void Separate(ReadOnlySpan<float> source, Span<float> planes)
    {
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            for (var i = 0; i < shape.Area; i++)
                planes[channel * shape.Area + i] = source[i * shape.Channels + channel];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // called once a row: the runtime takes long to optimise it
    private static string? NotFinite(ReadOnlySpan<float> pixels)
    {
        for (var i = 0; i < pixels.Length; i++)
        {
            if (!float.IsFinite(pixels[i]))
                return $"pixel value {i} of the image is {pixels[i]}";
        }
        return null;
    }
}
