using System.Text.Json.Nodes;

namespace Bdia.MLNet.ModelFiles;

/// <summary>Reads the description of a saved model; what is missing or of another type is told by name.</summary>
internal static class JsonParts
{
    /// <exception cref="FormatException">There is no such object.</exception>
    public static JsonObject Part(JsonObject json, string name)
        => json[name] as JsonObject ?? throw new FormatException($"There is no object '{name}'.");

    /// <exception cref="FormatException">There is no such value of that type.</exception>
    public static T Value<T>(JsonObject json, string name)
        => json[name] is JsonValue value && value.TryGetValue<T>(out var content) ? content : throw new FormatException($"There is no {typeof(T).Name} '{name}'.");

    /// <exception cref="FormatException">There is no such value, or it is none of the enumeration.</exception>
    public static T Choice<T>(JsonObject json, string name) where T : struct, Enum
        => Enum.TryParse<T>(Value<string>(json, name), out var choice) && Enum.IsDefined(choice) ? choice
            : throw new FormatException($"'{name}' is '{json[name]}'; it must be one of {string.Join(", ", Enum.GetNames<T>())}.");
}
