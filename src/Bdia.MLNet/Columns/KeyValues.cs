using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

/// <summary>
/// The values behind the keys of a label column, whatever their type: they become the slot names of the scores and the key values
/// of the predicted label, and travel with the model.
/// </summary>
internal abstract class KeyValues(KeyValueType type, IReadOnlyList<string> texts, IReadOnlyList<string> encoded)
{
    /// <summary>Name of the annotation that holds the values of a key column.</summary>
    public const string AnnotationKind = "KeyValues";

    public KeyValueType Type => type;

    /// <summary>One text per key, for people to read.</summary>
    public IReadOnlyList<string> Texts => texts;

    /// <summary>One text per key, from which the value comes back exactly.</summary>
    public IReadOnlyList<string> Encoded => encoded;

    /// <summary>The key values of a column, or null where it has none: a key read straight from a file, say.</summary>
    public static KeyValues? Of(DataViewSchema.Column column)
    {
        if (column.Annotations.Schema.GetColumnOrNull(AnnotationKind)?.Type is not VectorDataViewType vector)
            return null;
        var type = KeyValueType.All.FirstOrDefault(candidate => candidate.Type.Equals(vector.ItemType))
            ?? throw new NotSupportedException(
                $"Column '{column.Name}' has key values of type {vector.ItemType}; values of types "
                + $"{string.Join(", ", KeyValueType.All.Select(t => t.Name))} can be saved with a model.");
        return type.Read(column.Annotations, AnnotationKind);
    }

    /// <summary>Adds the values under an annotation kind.</summary>
    public abstract void Annotate(DataViewSchema.Annotations.Builder annotations, string kind);

    /// <summary>Adds the texts under an annotation kind.</summary>
    public void AnnotateTexts(DataViewSchema.Annotations.Builder annotations, string kind)
    {
        var names = new VBuffer<ReadOnlyMemory<char>>(texts.Count, [.. texts.Select(text => text.AsMemory())]);
        annotations.Add(kind, new VectorDataViewType(TextDataViewType.Instance, texts.Count),
            (ref VBuffer<ReadOnlyMemory<char>> value) => names.CopyTo(ref value));
    }

    public JsonObject ToJson() => new()
    {
        ["type"] = type.Name,
        ["values"] = new JsonArray([.. encoded.Select(text => JsonValue.Create(text))]),
    };

    /// <exception cref="FormatException">The type is unknown or a value is not of it.</exception>
    public static KeyValues FromJson(JsonElement json)
    {
        try
        {
            var name = json.GetProperty("type").GetString();
            var type = KeyValueType.All.FirstOrDefault(candidate => candidate.Name == name)
                ?? throw new FormatException($"Label values of type '{name}' are not known.");
            return type.Decode([.. json.GetProperty("values").EnumerateArray()
                .Select(value => value.GetString() ?? throw new FormatException("A label value is null."))]);
        }
        catch (Exception fault) when (fault is KeyNotFoundException or InvalidOperationException or OverflowException or ArgumentException)
        {
            throw new FormatException($"The label values cannot be read: {fault.Message}", fault);
        }
    }
}

internal sealed class KeyValues<T>(KeyValueType<T> type, T[] values, string[] texts, string[] encoded) : KeyValues(type, texts, encoded)
{
    public override void Annotate(DataViewSchema.Annotations.Builder annotations, string kind)
    {
        var buffer = new VBuffer<T>(values.Length, values);
        annotations.Add(kind, new VectorDataViewType(Type.Type, values.Length), (ref VBuffer<T> value) => buffer.CopyTo(ref value));
    }
}
