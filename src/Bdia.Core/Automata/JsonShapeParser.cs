using System.Text.Encodings.Web;
using System.Text.Json;

namespace Bdia.Core.Automata;

/// <summary>
/// Reads a part of JSON Schema that describes finitely nested values: type (object, array, string, integer, number, boolean, null),
/// properties, items with minItems and maxItems, minLength, maxLength and pattern of strings, enum, const, anyOf. Values are written
/// without white space, objects with all of their properties in the order given.
/// </summary>
internal static class JsonShapeParser
{
    private const int MostDepth = 32, MostCount = 1000;

    // They say what a value means or what is so anyway, and not what may be written.
    private static readonly string[] Remarks = ["title", "description", "$schema", "$comment", "examples", "default"];

    private static readonly JsonSerializerOptions Compact = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly Grammar Digits = new Grammar.Repetition(new Grammar.Character([('0', '9')]), 1, null);

    private static readonly Grammar Natural = new Grammar.Choice([Grammar.Text("0"), new Grammar.Sequence(
        [new Grammar.Character([('1', '9')]), new Grammar.Repetition(new Grammar.Character([('0', '9')]), 0, null)])]);

    private static readonly Grammar Integer = new Grammar.Sequence([Optional(Grammar.Text("-")), Natural]);

    private static readonly Grammar Number = new Grammar.Sequence([Integer, Optional(new Grammar.Sequence([Grammar.Text("."), Digits])),
        Optional(new Grammar.Sequence([new Grammar.Words(["e", "E"]), Optional(new Grammar.Words(["+", "-"])), Digits]))]);

    private static readonly (int From, int To)[] Unescaped = [(' ', '!'), ('#', '['), (']', Utf8Ranges.Last)];

    // As it stands, or escaped.
    private static readonly Grammar StringCharacter = new Grammar.Choice([
        new Grammar.Character(Unescaped),
        new Grammar.Words(["\\\"", "\\\\", "\\/", "\\b", "\\f", "\\n", "\\r", "\\t"])]);

    /// <summary>The JSON texts of a shape.</summary>
    /// <exception cref="FormatException">It is no JSON, or has what is not understood; the message says what, to follow "it".</exception>
    public static Grammar Parse(string shape)
    {
        try
        {
            using var document = JsonDocument.Parse(shape, new JsonDocumentOptions { AllowDuplicateProperties = false });
            return Value(document.RootElement, "the shape", 0);
        }
        catch (JsonException fault)
        {
            throw new FormatException($"it is no JSON: {fault.Message}");
        }
    }

    private static Grammar Value(JsonElement shape, string where, int depth)
    {
        if (depth > MostDepth) throw new FormatException($"it is nested more than {MostDepth} times");
        if (shape.ValueKind != JsonValueKind.Object) throw new FormatException($"{where} is {shape.ValueKind} and no object");
        var words = shape.EnumerateObject().ToDictionary(word => word.Name, word => word.Value);
        foreach (var remark in Remarks) words.Remove(remark);
        if (words.Remove("enum", out var values)) return Only(words, where, Constants(values, where));
        if (words.Remove("const", out var constant)) return Only(words, where, Grammar.Text(Written(constant)));
        if (words.Remove("anyOf", out var choices))
            return Only(words, where, choices.ValueKind == JsonValueKind.Array && choices.GetArrayLength() > 0
                ? new Grammar.Choice([.. choices.EnumerateArray().Select((one, i) => Value(one, $"{where}, anyOf {i}", depth + 1))])
                : throw new FormatException($"{where} has 'anyOf' that is no array of shapes"));
        if (!words.Remove("type", out var type) || type.ValueKind != JsonValueKind.String)
            throw new FormatException($"{where} has no 'type' that is one name, nor 'enum', 'const' or 'anyOf'");
        return type.GetString() switch
        {
            "object" => Object(words, where, depth),
            "array" => Array(words, where, depth),
            "string" => String(words, where),
            "integer" => Only(words, where, Integer),
            "number" => Only(words, where, Number),
            "boolean" => Only(words, where, new Grammar.Words(["true", "false"])),
            "null" => Only(words, where, Grammar.Text("null")),
            var other => throw new FormatException($"{where} has the type '{other}', which is not understood"),
        };
    }

    private static Grammar Object(Dictionary<string, JsonElement> words, string where, int depth)
    {
        if (words.Remove("additionalProperties", out var more) && more.ValueKind != JsonValueKind.False)
            throw new FormatException($"{where} has 'additionalProperties', which may be false alone: no others are written");
        JsonProperty[] properties = words.Remove("properties", out var found) && found.ValueKind == JsonValueKind.Object
            ? [.. found.EnumerateObject()] : [];
        if (words.Remove("required", out var required) && (required.ValueKind != JsonValueKind.Array
            || !required.EnumerateArray().Select(name => name.ToString()).Order(StringComparer.Ordinal)
                .SequenceEqual(properties.Select(property => property.Name).Order(StringComparer.Ordinal))))
            throw new FormatException($"{where} has 'required' that does not name all properties: all are written");
        var parts = new List<Grammar> { Grammar.Text("{") };
        foreach (var property in properties)
        {
            parts.Add(Grammar.Text($"{(parts.Count > 1 ? "," : "")}{JsonSerializer.Serialize(property.Name, Compact)}:"));
            parts.Add(Value(property.Value, $"'{property.Name}'", depth + 1));
        }

        parts.Add(Grammar.Text("}"));
        return Only(words, where, new Grammar.Sequence(parts));
    }

    private static Grammar Array(Dictionary<string, JsonElement> words, string where, int depth)
    {
        if (!words.Remove("items", out var items)) throw new FormatException($"{where} is an array without 'items'");
        var item = Value(items, $"items of {where}", depth + 1);
        var (least, most) = (Count(words, "minItems", where) ?? 0, Count(words, "maxItems", where));
        if (most < least) throw new FormatException($"{where} has fewer items at most than at least");
        var rest = new Grammar.Sequence([Grammar.Text(","), item]);
        Grammar some = new Grammar.Sequence([item, new Grammar.Repetition(rest, Math.Max(0, least - 1), most - 1)]);
        var content = most == 0 ? Grammar.Nothing : least == 0 ? Optional(some) : some;
        return Only(words, where, new Grammar.Sequence([Grammar.Text("["), content, Grammar.Text("]")]));
    }

    private static Grammar String(Dictionary<string, JsonElement> words, string where)
    {
        var (least, most) = (Count(words, "minLength", where) ?? 0, Count(words, "maxLength", where));
        if (most < least) throw new FormatException($"{where} has fewer characters at most than at least");
        Grammar content = new Grammar.Repetition(StringCharacter, least, most);
        if (words.Remove("pattern", out var pattern))
        {
            if (pattern.ValueKind != JsonValueKind.String || least > 0 || most is not null)
                throw new FormatException($"{where} has 'pattern' that is no text, or stands beside 'minLength' or 'maxLength'");
            content = WithoutEscapes(PatternParser.Parse(pattern.GetString()!), where);
        }

        return Only(words, where, new Grammar.Sequence([Grammar.Text("\""), content, Grammar.Text("\"")]));
    }

    // A pattern is of the text between the quotes: what would have to be escaped there is none of its characters.
    private static Grammar WithoutEscapes(Grammar grammar, string where) => grammar switch
    {
        Grammar.Character character => Plain(character) is { Ranges.Count: > 0 } plain ? plain
            : throw new FormatException($"{where} has a pattern that needs a quote, a backslash or a control character"),
        Grammar.Sequence sequence => new Grammar.Sequence([.. sequence.Parts.Select(part => WithoutEscapes(part, where))]),
        Grammar.Choice choice => new Grammar.Choice([.. choice.Parts.Select(part => WithoutEscapes(part, where))]),
        Grammar.Repetition repetition => repetition with { Part = WithoutEscapes(repetition.Part, where) },
        _ => grammar,
    };

    private static Grammar.Character Plain(Grammar.Character character)
        => new([.. character.Ranges.SelectMany(range => Unescaped.Select(plain => (From: Math.Max(range.From, plain.From),
            To: Math.Min(range.To, plain.To)))).Where(range => range.From <= range.To)]);

    private static Grammar.Words Constants(JsonElement values, string where)
        => values.ValueKind == JsonValueKind.Array && values.GetArrayLength() > 0
            ? new Grammar.Words([.. values.EnumerateArray().Select(Written)])
            : throw new FormatException($"{where} has 'enum' that is no array of values");

    private static string Written(JsonElement value) => JsonSerializer.Serialize(value, Compact);

    private static int? Count(Dictionary<string, JsonElement> words, string name, string where)
        => !words.Remove(name, out var value) ? null
            : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count is >= 0 and <= MostCount ? count
            : throw new FormatException($"{where} has '{name}' that is no number from 0 to {MostCount}");

    private static Grammar.Repetition Optional(Grammar part) => new Grammar.Repetition(part, 0, 1);

    // What is left was not understood, and must not be passed over.
    private static Grammar Only(Dictionary<string, JsonElement> rest, string where, Grammar grammar)
        => rest.Count == 0 ? grammar
            : throw new FormatException($"{where} has {string.Join(", ", rest.Keys.Select(word => $"'{word}'"))}, which is not understood "
                + "there");
}
