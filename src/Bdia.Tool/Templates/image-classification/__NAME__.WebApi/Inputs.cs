using System.Text.Json;
using __NAME___Model;
using SkiaSharp;

namespace __NAME___WebApi;

/// <summary>Takes the picture out of a request.</summary>
internal static class Inputs
{
    public const string ContentType = "application/octet-stream";

    // The last is what curl says where nobody says otherwise.
    public static readonly string[] OtherContentTypes = ["image/jpeg", "image/png", "image/webp", "multipart/form-data", "application/json",
        "application/x-www-form-urlencoded"];

    /// <summary>The picture: the body itself, the file of a form, or imageSource in base 64 of a JSON object.</summary>
    /// <exception cref="InvalidDataException">There is none, or it is too large.</exception>
    public static async Task<__NAME__.ModelInput> Read(HttpRequest request, ModelSettings settings)
    {
        var bytes = request.ContentType?.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase) == true ? await OfForm(request)
            : request.HasJsonContentType() ? await OfJson(request) : await All(request.Body, request.HttpContext.RequestAborted);
        if (bytes.Length == 0) throw new InvalidDataException("The request has no picture. Send the bytes of a picture file.");
        using var stream = new SKMemoryStream(bytes);
        using var codec = SKCodec.Create(stream) ?? throw new InvalidDataException(
            $"These {bytes.Length:N0} bytes are no picture that can be read. Send a jpg, png, bmp, gif or webp file.");
        var pixels = (long)codec.Info.Width * codec.Info.Height;
        if (pixels > settings.MaxPixels)
            throw new InvalidDataException($"The picture has {codec.Info.Width} x {codec.Info.Height} pixels; {settings.MaxPixels:N0} "
                + $"are the "
                + "limit. Send a smaller one.");
        return new() { ImageSource = bytes };
    }

    private static async Task<byte[]> OfForm(HttpRequest request)
    {
        var form = await request.ReadFormAsync(request.HttpContext.RequestAborted);
        if (form.Files.Count != 1) throw new InvalidDataException($"The form has {form.Files.Count} files. Send one.");
        await using var stream = form.Files[0].OpenReadStream();
        return await All(stream, request.HttpContext.RequestAborted);
    }

    private static async Task<byte[]> OfJson(HttpRequest request)
    {
        try
        {
            return (await request.ReadFromJsonAsync<__NAME__.ModelInput>(request.HttpContext.RequestAborted))?.ImageSource ?? [];
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException("The body is no JSON object with imageSource, the picture's file in base 64.", fault);
        }
    }

    private static async Task<byte[]> All(Stream stream, CancellationToken cancellation)
    {
        using var bytes = new MemoryStream();
        await stream.CopyToAsync(bytes, cancellation);
        return bytes.ToArray();
    }
}
