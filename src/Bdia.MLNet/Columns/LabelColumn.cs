using System.Numerics;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

/// <summary>
/// The label column of a classification task: a key, whose count is the number of classes whether or not all of them occur.
/// </summary>
internal sealed record LabelColumn(string Name, int Classes, KeyValues? Values)
{
    public const long MissingLabel = -1;

    public static ColumnRequirement Requirement(string name) => new("label", name, "Key<UInt32>",
        column => column is { IsKey: true, Kind: SchemaShape.Column.VectorKind.Scalar },
        "Use MapValueToKey to turn the label's values into keys before the trainer.");

    /// <exception cref="ArgumentOutOfRangeException">The column is missing or no key.</exception>
    /// <exception cref="ArgumentException">The key has fewer than two values, or too many to count.</exception>
    public static LabelColumn Of(DataViewSchema schema, string name)
    {
        Requirement(name).Check(schema);
        var key = (KeyDataViewType)schema[name].Type;
        if (key.Count < 2)
            throw new ArgumentException($"Only one class found in the {name} column. To build a multiclass classification model, the "
                + "number of classes needs to be 2 or greater.");
        if (key.Count > int.MaxValue)
            throw new ArgumentException($"The key in column '{name}' has {key.Count} values; at most {int.MaxValue} classes can be told "
                + "apart.");
        var values = KeyValues.Of(schema[name]);
        if (values is not null && (ulong)values.Texts.Count != key.Count)
            throw new ArgumentException($"The key in column '{name}' has {key.Count} values, but its annotation names "
                + $"{values.Texts.Count}. Map the label again with MapValueToKey.");
        return new LabelColumn(name, (int)key.Count, values);
    }

    /// <summary>
    /// The label column of training data. Where its key has too few values, data without rows or with one is told as such.
    /// </summary>
    /// <exception cref="InvalidDataException">There are fewer than two rows.</exception>
    /// <inheritdoc cref="Of(DataViewSchema, string)"/>
    public static LabelColumn Of(IDataView data, string name)
    {
        Requirement(name).Check(data.Schema);
        if (((KeyDataViewType)data.Schema[name].Type).Count < 2)
        {
            using var cursor = data.GetRowCursor([data.Schema[name]]);
            if (!cursor.MoveNext())
                throw new InvalidDataException("The training data is empty: it has no rows.");
            if (!cursor.MoveNext())
                throw new InvalidDataException(
                    "The training data has one row; a classifier needs rows of at least two classes. Add rows of another class.");
        }
        return Of(data.Schema, name);
    }

    /// <summary>Makes sure that a validation set's keys mean the same as the training set's.</summary>
    public void CheckSameKeys(DataViewSchema validation)
    {
        var other = Of(validation, Name);
        if (other.Classes != Classes)
            throw new ArgumentException($"The label column '{Name}' has {Classes} classes in the training data, but {other.Classes} in "
                + $"the validation data. {sameMapping}");
        if (Values is not null && other.Values is not null && !Values.Encoded.SequenceEqual(other.Values.Encoded))
            throw new ArgumentException($"The keys of the label column '{Name}' stand for other values in the validation data than in "
                + $"the training data. {sameMapping}");
    }

    private const string sameMapping = "Map both with the same fitted MapValueToKey.";

    /// <summary>A function that gives the class of the current row, counted from 0, or <see cref="MissingLabel"/>.</summary>
    public Func<long> Reader(DataViewRow row)
    {
        var column = row.Schema[Name];
        return Type.GetTypeCode(column.Type.RawType) switch
        {
            TypeCode.Byte => Reader<byte>(row, column),
            TypeCode.UInt16 => Reader<ushort>(row, column),
            TypeCode.UInt32 => Reader<uint>(row, column),
            _ => Reader<ulong>(row, column),
        };
    }

    // Keys count from 1, and 0 is ML.NET's missing key. A loader may hand out a key beyond its own type's count.
    private Func<long> Reader<T>(DataViewRow row, DataViewSchema.Column column) where T : struct, IBinaryInteger<T>
    {
        var getter = row.GetGetter<T>(column);
        T key = default;
        return () =>
        {
            getter(ref key);
            var value = ulong.CreateSaturating(key);
            return value <= (ulong)Classes ? (long)value - 1
                : throw new InvalidDataException(
                    $"Row {row.Position}: the label in column '{Name}' is key {key}, but the key type ends at {Classes}. Correct the "
                    + "row or the count of the key type.");
        };
    }
}
