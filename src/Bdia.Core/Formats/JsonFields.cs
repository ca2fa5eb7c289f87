using System.Text.Json;

namespace Bdia.Core.Formats;

/// <summary>
/// Values of a description that is parsed already, by name. JsonSerializer would give the same; but it prepares itself for every type that
/// it reads, with code that the runtime compiles then, and a process that only loads a model waited longer for that than for the model.
/// </summary>
/// <remarks>What is missing has its default; what is there and of another kind is a <see cref="JsonException"/>.</remarks>
/// <param name="json">An object.</param>
internal readonly struct JsonFields(JsonElement json)
{
    /// <summary>A whole number.</summary>
    public int Integer(string name, int otherwise)
        => !Find(name, out var value) ? otherwise
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var number) ? number : throw Wrong(name, "a whole number");

    /// <summary>A number.</summary>
    public double Number(string name, double otherwise) => Find(name, out var value) ? Number(name, value) : otherwise;

    /// <summary>A number, or null.</summary>
    public double? NumberOrNull(string name)
        => Find(name, out var value) && value.ValueKind != JsonValueKind.Null ? Number(name, value) : null;

    /// <summary>Numbers; null where there are none.</summary>
    public double[]? Numbers(string name)
    {
        if (!Find(name, out var value)) return null;
        if (value.ValueKind != JsonValueKind.Array) throw Wrong(name, "numbers");
        var numbers = new double[value.GetArrayLength()];
        for (var i = 0; i < numbers.Length; i++) numbers[i] = Number(name, value[i]);
        return numbers;
    }

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool otherwise)
        => !Find(name, out var value) ? otherwise
            : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong(name, "true or false");

    /// <summary>One of an enumeration, by its name.</summary>
    public T Choice<T>(string name, T otherwise) where T : struct, Enum
        => Find(name, out _) ? (T)Choice(typeof(T), name) : otherwise;

    /// <summary>Text; null where there is none.</summary>
    public string? Text(string name)
        => !Find(name, out var value) ? null : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Wrong(name, "text");

    /// <summary>What stands in an object within; null where there is none.</summary>
    public JsonFields? Part(string name)
        => !Find(name, out var value) ? null : value.ValueKind == JsonValueKind.Object ? new(value) : throw Wrong(name, "an object");

    private object Choice(Type type, string name)
        => Enum.TryParse(type, Text(name), ignoreCase: true, out var choice) ? choice
            : throw Wrong(name, $"one of {string.Join(", ", Enum.GetNames(type))}");

    private bool Find(string name, out JsonElement value)
    {
        if (json.ValueKind != JsonValueKind.Object) throw new JsonException($"There is {json.ValueKind} where an object must be.");
        return json.TryGetProperty(name, out value);
    }

    private static double Number(string name, JsonElement value)
        => value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) ? number : throw Wrong(name, "a number");

    private static JsonException Wrong(string name, string what) => new($"'{name}' must be {what}.");
}
