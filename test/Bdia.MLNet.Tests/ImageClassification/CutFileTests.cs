using Bdia.Core.ImageClassification;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using SkiaSharp;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>A file that lacks its end is refused, or lacks nothing that can be seen.</summary>
public class CutFileTests
{
    private const int Width = 40, Height = 24;

    private static readonly MLContext context = new(1);

    private sealed class FileRow
    {
        public byte[] File { get; set; } = [];
    }

    private static List<(string? Fault, float[] Pixels)> Read(IEnumerable<byte[]> files)
    {
        var view = context.Data.LoadFromEnumerable(files.Select(file => new FileRow { File = file }));
        using var cursor = view.GetRowCursor(view.Schema);
        var shape = new ImageShape(3, Height, Width);
        var reader = ImageReader.Create(cursor, view.Schema["File"], shape, PixelLayout.Planar, new ImageFit(default, default));
        var read = new List<(string?, float[])>();
        while (cursor.MoveNext())
        {
            var planes = new float[shape.Size];
            read.Add((reader.Read(planes), planes));
        }
        return read;
    }

    private static byte[] Bitmap()
    {
        const int header = 54, rowBytes = 3 * Width;
        var file = new byte[header + rowBytes * Height];
        "BM"u8.CopyTo(file);
        foreach (var (at, value) in new[] { (2, file.Length), (10, header), (14, 40), (18, Width), (22, Height),
            (26, 1 | 24 << 16), (34, rowBytes * Height) })
            BitConverter.TryWriteBytes(file.AsSpan(at), value);
        new Random(1).NextBytes(file.AsSpan(header));
        return file;
    }

    public static TheoryData<string> Kinds => ["png", "jpeg", "webp", "lossless webp", "gif", "bmp"];

    private static byte[] File(string kind) => kind switch
    {
        "png" => Pictures.Encoded(Height, Width),
        "jpeg" => Pictures.Encoded(Height, Width, SKEncodedImageFormat.Jpeg),
        "webp" => Pictures.Encoded(Height, Width, SKEncodedImageFormat.Webp),
        "lossless webp" => LosslessWebp(),
        "gif" => Gif.Of(Width, Height, [.. Enumerable.Range(0, Width * Height).Select(i => (i * 7 + i / Width) % 3)],
            [(9, 9, 9), (255, 0, 0), (0, 0, 255)], transparent: 3),
        _ => Bitmap(),
    };

    private static byte[] LosslessWebp()
    {
        using var bitmap = SKBitmap.Decode(Pictures.Encoded(Height, Width));
        using var data = bitmap.PeekPixels().Encode(new SKWebpEncoderOptions(SKWebpEncoderCompression.Lossless, 100));
        return data.ToArray();
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Every_cut_is_refused_or_shows_the_whole_picture(string kind)
    {
        var file = File(kind);
        var (wholeFault, whole) = Read([file])[0];
        var step = Math.Max(1, file.Length / 200);

        var cuts = Read(Enumerable.Range(1, file.Length - 1).Where(length => length % step == 0 || length > file.Length - 40)
            .Select(length => file[..length]));

        Assert.Null(wholeFault);
        Assert.True(cuts.Count(cut => cut.Fault is not null) > cuts.Count / 2);
        Assert.All(cuts.Where(cut => cut.Fault is null), cut => Assert.Equal(whole, cut.Pixels));
    }
}
