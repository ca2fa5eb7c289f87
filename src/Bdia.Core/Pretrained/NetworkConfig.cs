using System.Globalization;
using System.Text.Json;

namespace Bdia.Core.Pretrained;

/// <summary>What the config.json beside a weights file says of the network. Null is what it leaves open.</summary>
internal sealed record NetworkConfig
{
    /// <summary>Where it stands, for messages.</summary>
    public required string Name { get; init; }

    /// <summary>timm's name of the network, or the kind that Hugging Face gives it.</summary>
    public string? Architecture { get; init; }

    public (int Height, int Width)? Image { get; init; }

    public int? PatchSize { get; init; }

    public int? Channels { get; init; }

    public int? Width { get; init; }

    public int? Depth { get; init; }

    public int? Heads { get; init; }

    public int? FeedForwardWidth { get; init; }

    /// <summary>Width of the feed-forward layer over that of a token.</summary>
    public double? FeedForwardRatio { get; init; }

    public int? Classes { get; init; }

    public double? Epsilon { get; init; }

    public bool? HasClassToken { get; init; }

    /// <summary>Whether the head reads a mean.</summary>
    public bool? Averages { get; init; }

    public int? RegisterTokens { get; init; }

    public bool? PositionsOfPatches { get; init; }

    public bool? PreNorm { get; init; }

    public bool? QueryKeyNorm { get; init; }

    public bool? LayerScale { get; init; }

    public bool? QueryKeyValueBias { get; init; }

    /// <summary>What it calls the classes.</summary>
    public IReadOnlyList<string>? ClassNames { get; init; }

    /// <summary>Of pixels from 0 to 1, per channel.</summary>
    public PixelStatistics? Pixels { get; init; }

    /// <summary>What it asks for that this library does not do, a sentence each.</summary>
    public IReadOnlyList<string> Refused { get; init; } = [];
}

/// <summary>Reads values of a config.json, and notes what cannot be honoured.</summary>
internal sealed class ConfigReader(string name)
{
    private readonly List<string> refused = [];

    public IReadOnlyList<string> Refused => refused;

    /// <summary>The config.json beside a weights file, or NAME.config.json beside NAME.safetensors; null where there is neither.</summary>
    /// <exception cref="InvalidDataException">It is there, but no JSON object.</exception>
    public static (string Path, JsonDocument Json)? Beside(string weights)
        => Find(weights, $"{Path.GetFileNameWithoutExtension(weights)}.config.json") ?? Find(weights, "config.json");

    /// <summary>A JSON file in the folder of a weights file; null where it is absent.</summary>
    /// <exception cref="InvalidDataException">It is there, but no JSON object.</exception>
    public static (string Path, JsonDocument Json)? Find(string weights, string file)
    {
        const long MostBytes = 16 << 20; // names of a million classes
        var path = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(weights))!, file);
        if (!File.Exists(path)) return null;
        if (new FileInfo(path).Length > MostBytes)
            throw new InvalidDataException($"'{path}' has more than {MostBytes} bytes: it is no description of a network. Take it away.");
        try
        {
            var json = JsonDocument.Parse(File.ReadAllBytes(path));
            if (json.RootElement.ValueKind == JsonValueKind.Object) return (path, json);
            json.Dispose();
            throw new JsonException("It holds no object.");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"'{path}' beside the weights cannot be read: {e.Message} Mend it, or take it away.", e);
        }
    }

    /// <summary>Notes something that is not done.</summary>
    public void Refuse(string what) => refused.Add($"{name} asks for {what}");

    /// <summary>Notes a value that is not the one that is done.</summary>
    public void Require(JsonElement json, string key, params ReadOnlySpan<string> done)
    {
        if (json.TryGetProperty(key, out var value) && !done.Contains(Text(value))) Refuse($"{key} {Text(value)}");
    }

    public int? Integer(JsonElement json, string key)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number)) return number;
        Refuse($"{key} {Text(value)}, which is no whole number");
        return null;
    }

    public double? Number(JsonElement json, string key)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number) return value.GetDouble();
        Refuse($"{key} {Text(value)}, which is no number");
        return null;
    }

    public bool? Switch(JsonElement json, string key)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind is JsonValueKind.True or JsonValueKind.False) return value.GetBoolean();
        Refuse($"{key} {Text(value)}, which is neither true nor false");
        return null;
    }

    /// <summary>One number for both sides, or a pair of height and width.</summary>
    public (int Height, int Width)? Sides(JsonElement json, string key)
    {
        if (!json.TryGetProperty(key, out var value) || value.ValueKind == JsonValueKind.Null) return null;
        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var side)) return (side, side);
        if (value.ValueKind == JsonValueKind.Array && value.GetArrayLength() == 2 && value[0].ValueKind == JsonValueKind.Number
            && value[1].ValueKind == JsonValueKind.Number && value[0].TryGetInt32(out var height) && value[1].TryGetInt32(out var width))
            return (height, width);
        Refuse($"{key} {Text(value)}, which is neither a side nor height and width");
        return null;
    }

    /// <summary>One number for both sides.</summary>
    public int? Side(JsonElement json, string key)
    {
        if (Sides(json, key) is not { } sides) return null;
        if (sides.Height == sides.Width) return sides.Height;
        Refuse($"{key} {sides.Height} x {sides.Width}, where patches are square here");
        return null;
    }

    /// <summary>Numbers of an array; null where it is absent or has anything else.</summary>
    public IReadOnlyList<double>? Numbers(JsonElement json, string key)
        => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.Number)
            ? [.. value.EnumerateArray().Select(item => item.GetDouble())] : null;

    /// <summary>Mean and deviation that stand under two keys; null where one is absent.</summary>
    public PixelStatistics? Pixels(JsonElement json, string mean, string deviation)
    {
        if (Numbers(json, mean) is not { } means || Numbers(json, deviation) is not { } deviations) return null;
        if (means.Count == deviations.Count && means.Count > 0 && deviations.All(value => value is > 0 and < double.PositiveInfinity))
            return new(means, deviations);
        Refuse($"{mean} and {deviation} that are no means and deviations above 0");
        return null;
    }

    /// <summary>Texts of an array; null where it is absent or has anything else.</summary>
    public static IReadOnlyList<string>? Texts(JsonElement json, string key)
        => json.TryGetProperty(key, out var value) && value.ValueKind == JsonValueKind.Array
            && value.EnumerateArray().All(item => item.ValueKind == JsonValueKind.String)
            ? [.. value.EnumerateArray().Select(item => item.GetString()!)] : null;

    /// <summary>As the file has it, without the quotes of a text.</summary>
    public static string Text(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString()!,
        JsonValueKind.Number => value.GetDouble().ToString(CultureInfo.InvariantCulture),
        _ => value.GetRawText(),
    };
}
