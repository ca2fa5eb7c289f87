using System.Text.Json;

namespace Bdia.MLNet.ModelFiles;

/// <summary>Reads the description of a saved model where it was parsed; what is missing or of another type is told by name.</summary>
internal static class JsonParts
{
    /// <exception cref="FormatException">There is no such object.</exception>
    public static JsonElement Part(JsonElement json, string name)
        => Find(json, name) is { ValueKind: JsonValueKind.Object } part ? part : throw new FormatException($"There is no object '{name}'.");

    /// <exception cref="FormatException">There is no such whole number.</exception>
    public static int Integer(JsonElement json, string name)
        => Find(json, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var number) ? number
            : throw Lacking(nameof(Int32), name);

    /// <exception cref="FormatException">There is no such whole number.</exception>
    public static long Long(JsonElement json, string name)
        => Find(json, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt64(out var number) ? number
            : throw Lacking(nameof(Int64), name);

    /// <exception cref="FormatException">There is no such number.</exception>
    public static double Number(JsonElement json, string name)
        => Find(json, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetDouble(out var number) ? number
            : throw Lacking(nameof(Double), name);

    /// <exception cref="FormatException">There is no such text.</exception>
    public static string Text(JsonElement json, string name)
    {
        try
        {
            if (Find(json, name) is { ValueKind: JsonValueKind.String } value && value.GetString() is { } text) return text;
        }
        catch (InvalidOperationException) // escapes that are no text
        {
        }

        throw Lacking(nameof(String), name);
    }

    /// <summary>A name of a column.</summary>
    /// <exception cref="FormatException">There is none, or it is empty.</exception>
    public static string Name(JsonElement json, string name)
        => Text(json, name) is { Length: > 0 } column ? column : throw new FormatException($"The name '{name}' is empty.");

    /// <summary>A name of a column that a model may do without; null where it does.</summary>
    /// <exception cref="FormatException">It is empty.</exception>
    public static string? OptionalName(JsonElement json, string name) => Find(json, name) is null ? null : Name(json, name);

    /// <exception cref="FormatException">There is no such value, or it is none of the enumeration.</exception>
    public static T Choice<T>(JsonElement json, string name) where T : struct, Enum
        => Enum.TryParse<T>(Text(json, name), out var choice) && Enum.IsDefined(choice) ? choice
            : throw new FormatException($"'{name}' is '{Find(json, name)}'; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");

    /// <summary>A property; null where there is none, or it is null.</summary>
    public static JsonElement? Find(JsonElement json, string name)
        => json.ValueKind == JsonValueKind.Object && json.TryGetProperty(name, out var value)
            && value.ValueKind != JsonValueKind.Null ? value : null;

    private static FormatException Lacking(string type, string name) => new($"There is no {type} '{name}'.");
}
