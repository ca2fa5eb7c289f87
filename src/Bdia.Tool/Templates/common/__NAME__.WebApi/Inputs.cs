using System.Text;
using System.Text.Json;
using __NAME___Model;

namespace __NAME___WebApi;

/// <summary>Takes the text out of a request.</summary>
internal static class Inputs
{
    public const string ContentType = "application/json";

    public static readonly string[] OtherContentTypes = ["text/plain", "application/x-www-form-urlencoded"];

    /// <summary>The text: __FIELD__ of a JSON object, or the body itself in UTF-8.</summary>
    /// <exception cref="InvalidDataException">There is none.</exception>
    public static async Task<__NAME__.ModelInput> Read(HttpRequest request, ModelSettings settings)
    {
        var text = request.HasJsonContentType() ? await OfJson(request) : await OfBody(request);
        if (string.IsNullOrWhiteSpace(text))
            throw new InvalidDataException("The request has no text. Send { \"__FIELD__\": \"...\" } as JSON, or plain text.");
        return new() { __INPUT__ = text };
    }

    private static async Task<string?> OfJson(HttpRequest request)
    {
        try
        {
            return (await request.ReadFromJsonAsync<__NAME__.ModelInput>(request.HttpContext.RequestAborted))?.__INPUT__;
        }
        catch (JsonException fault)
        {
            throw new InvalidDataException("The body is no JSON object with a text in \"__FIELD__\".", fault);
        }
    }

    private static async Task<string> OfBody(HttpRequest request)
    {
        using var reader = new StreamReader(request.Body, Encoding.UTF8);
        return await reader.ReadToEndAsync(request.HttpContext.RequestAborted);
    }
}
