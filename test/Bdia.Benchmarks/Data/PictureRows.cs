using System.IO.Compression;
using Bdia.Core.ImageClassification;
using Bdia.MLNet;
using Bdia.MLNet.Columns;
using Bdia.MLNet.ImageClassification;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.Benchmarks.Data;

/// <summary>Labelled pictures of 32x32, drawn or from CIFAR-10, as the trainer gets them from a view of pixel vectors.</summary>
internal static class PictureRows
{
    public const int Channels = 3, Side = 32, Classes = 10;

    private const int Pixels = Channels * Side * Side;

    public static IImageRows Create(MLContext mlContext, DataSettings settings)
    {
        var pictures = settings.Kind == DataKind.Cifar ? Cifar(settings.Folder!, settings.Rows) : Draw(settings.Rows);
        var view = mlContext.Data.LoadFromEnumerable(pictures);
        var image = new ImageColumn(nameof(Row.Features), ImageForm.Pixels, new(Channels, Side, Side), PixelLayout.Planar);
        var host = ((IHostEnvironment)mlContext).Register("Data");
        return new LabelledImageRows(view, "training", LabelColumn.Of(view.Schema, nameof(Row.Label)), image, BadImagePolicy.Throw, host);
    }

    // One rectangle on a plain ground; its class is its width.
    private static Row[] Draw(int rows)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, rows).Select(row =>
        {
            var (kind, pixels) = (row % Classes, new float[Pixels]);
            var (left, top) = (random.Next(Side / 2), random.Next(Side / 2));
            for (var channel = 0; channel < Channels; channel++)
            {
                float ground = random.Next(256), colour = random.Next(256);
                for (var i = 0; i < Side * Side; i++)
                {
                    var (x, y) = (i % Side, i / Side);
                    pixels[channel * Side * Side + i] = x >= left && x <= left + kind && y >= top && y < top + Side / 2 ? colour : ground;
                }
            }

            return new Row { Features = pixels, Label = (uint)kind };
        })];
    }

    // Records of one label byte and three planes.
    private static Row[] Cifar(string folder, int rows)
    {
        var found = new List<Row>();
        var record = new byte[1 + Pixels];
        foreach (var file in Directory.GetFiles(folder, "data_batch_*").Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(file);
            using var content = file.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(stream, CompressionMode.Decompress)
                : (Stream)stream;
            while (found.Count < rows && content.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
                found.Add(new Row { Features = [.. record.Skip(1).Select(value => (float)value)], Label = record[0] });
        }

        return found.Count == rows ? [.. found]
            : throw new InvalidDataException(
            $"{folder} holds {found.Count} CIFAR-10 rows in files data_batch_*; {rows} are asked for. Lower --rows or add files.");
    }

    private sealed class Row
    {
        [VectorType(Channels, Side, Side)]
        public float[] Features { get; set; } = [];

        [KeyType(Classes)]
        public uint Label { get; set; }
    }
}
