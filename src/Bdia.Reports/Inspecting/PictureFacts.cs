using System.Collections.Concurrent;
using System.Security.Cryptography;
using Bdia.Reports.Rows;
using SkiaSharp;

namespace Bdia.Reports.Inspecting;

/// <summary>Sizes and kinds of pictures, what is wrong with some, and which are there twice.</summary>
internal static class PictureFacts
{
    private const string Train = "train";

    private sealed record Look(DataRow Row, string Part, int Width, int Height, string Kind, bool Turned, bool Transparent, string Hash,
        string? Fault);

    public static void Add(RowSets data, IReadOnlyList<DataRow> test, bool decode, List<(string Name, string Value)> facts,
        List<string> warnings)
    {
        var looks = new ConcurrentBag<Look>();
        (string Name, IReadOnlyList<DataRow> Rows)[] parts = [(Train, data.Train), ("validate", data.Validation ?? []), ("test", test)];
        var rows = parts.SelectMany(part => part.Rows.Select(row => (Row: row, Part: part.Name)));
        Parallel.ForEach(rows, new ParallelOptions { MaxDegreeOfParallelism = Math.Max(1, Environment.ProcessorCount / 2) },
            row => looks.Add(At(row.Row, row.Part, decode)));

        Look[] good = [.. looks.Where(look => look.Fault is null)];
        if (good.Length > 0)
        {
            var (widths, heights) = (good.Select(look => look.Width).Order().ToArray(), good.Select(look => look.Height).Order().ToArray());
            facts.Add(("Sizes", $"{widths[0]} x {heights[0]} to {widths[^1]} x {heights[^1]} pixels, half of them up to "
                + $"{widths[widths.Length / 2]} x {heights[heights.Length / 2]}"));
            facts.Add(("Kinds", string.Join(", ", good.GroupBy(look => look.Kind).OrderByDescending(group => group.Count())
                .Select(group => $"{group.Count():N0} {group.Key}"))));
            facts.Add(("Turned by a mark", $"{good.Count(look => look.Turned):N0} (they are turned upright)"));
            facts.Add(("Transparent", $"{good.Count(look => look.Transparent):N0} (white is seen through them)"));
        }

        Name(warnings, "cannot be read as pictures", looks.Where(look => look.Fault is not null)
            .Select(look => $"{look.Row.Name} ({look.Fault})"));
        var twice = good.GroupBy(look => look.Hash).Where(group => group.Count() > 1).ToArray();
        facts.Add(("There twice", $"{twice.Sum(group => group.Count() - 1):N0}"));
        foreach (var held in new[] { "validate", "test" })
            Name(warnings, $"stand both among the rows to train and to {held} on, which flatters the figures", twice
                .Where(group => group.Any(look => look.Part == held) && group.Any(look => look.Part == Train))
                .Select(group => group.First().Row.Name));
        Name(warnings, "are there in two classes", twice.Where(group => group.Select(look => look.Row.Expected).Distinct().Count() > 1)
            .Select(group => string.Join(" = ", group.Select(look => $"{look.Row.Expected}: {look.Row.Name}").Distinct().Take(2))));
    }

    private static void Name(List<string> warnings, string what, IEnumerable<string> names)
    {
        string[] all = [.. names.Order(StringComparer.Ordinal)];
        if (all.Length > 0) warnings.Add($"{all.Length:N0} picture(s) {what}: {Inspection.Some(all)}");
    }

    private static Look At(DataRow row, string part, bool decode)
    {
        byte[] bytes;
        try
        {
            bytes = row.Picture!();
        }
        catch (IOException e)
        {
            return new(row, part, 0, 0, "", false, false, "", e.Message.TrimEnd('.'));
        }

        var hash = Convert.ToHexString(SHA256.HashData(bytes));
        using var data = SKData.CreateCopy(bytes);
        using var codec = SKCodec.Create(data);
        if (codec is null) return new(row, part, 0, 0, "", false, false, hash, "no picture");
        var (info, fault) = (codec.Info, (string?)null);
        var transparent = false;
        if (decode)
        {
            using var bitmap = new SKBitmap(new SKImageInfo(info.Width, info.Height, SKColorType.Bgra8888, info.AlphaType));
            var result = codec.GetPixels(bitmap.Info, bitmap.GetPixels());
            if (result != SKCodecResult.Success) fault = result == SKCodecResult.IncompleteInput ? "it ends too early" : $"{result}";
            transparent = info.AlphaType != SKAlphaType.Opaque && bitmap.Pixels.Any(color => color.Alpha < byte.MaxValue);
        }
        else
        {
            transparent = info.AlphaType != SKAlphaType.Opaque;
        }

        return new(row, part, info.Width, info.Height, codec.EncodedFormat.ToString().ToUpperInvariant(),
            codec.EncodedOrigin != SKEncodedOrigin.TopLeft, transparent, hash, fault);
    }
}
