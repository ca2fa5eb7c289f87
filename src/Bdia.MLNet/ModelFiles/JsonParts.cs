using System.Text.Json;

namespace Bdia.MLNet.ModelFiles;

/// <summary>Reads the description of a saved model where it was parsed; what is missing or of another type is told by name.</summary>
internal static class JsonParts
{
    private static readonly JsonSerializerOptions strict = new() { AllowDuplicateProperties = false };

    /// <exception cref="FormatException">There is no such object.</exception>
    public static JsonElement Part(JsonElement json, string name)
        => Find(json, name) is { ValueKind: JsonValueKind.Object } part ? part : throw new FormatException($"There is no object '{name}'.");

    /// <exception cref="FormatException">There is no such value of that type.</exception>
    public static T Value<T>(JsonElement json, string name)
    {
        try
        {
            if (Find(json, name) is { } value && value.Deserialize<T>(strict) is { } content) return content;
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException) // the latter for escapes that are no text
        {
        }

        throw new FormatException($"There is no {typeof(T).Name} '{name}'.");
    }

    /// <summary>A name of a column.</summary>
    /// <exception cref="FormatException">There is none, or it is empty.</exception>
    public static string Name(JsonElement json, string name)
        => Value<string>(json, name) is { Length: > 0 } column ? column : throw new FormatException($"The name '{name}' is empty.");

    /// <summary>A name of a column that a model may do without; null where it does.</summary>
    /// <exception cref="FormatException">It is empty.</exception>
    public static string? OptionalName(JsonElement json, string name) => Find(json, name) is null ? null : Name(json, name);

    /// <exception cref="FormatException">There is no such value, or it is none of the enumeration.</exception>
    public static T Choice<T>(JsonElement json, string name) where T : struct, Enum
        => Enum.TryParse<T>(Value<string>(json, name), out var choice) && Enum.IsDefined(choice) ? choice
            : throw new FormatException($"'{name}' is '{Find(json, name)}'; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <summary>A property; null where there is none, or it is null.</summary>
    public static JsonElement? Find(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
            && value.ValueKind != JsonValueKind.Null ? value : null;
}
