using System.Reflection;

namespace Bdia.MLNet.Trainers;

/// <summary>
/// Carries values between the flat fields that users of ML.NET set and the records that the engine takes: by name, so that a new option is
/// written once in each of the two and nowhere else. A property of a record without a field of its name keeps its value.
/// </summary>
internal static class OptionRecords
{
    /// <summary>Gives fields the values that records have.</summary>
    /// <param name="fields">Its fields are set.</param>
    /// <param name="records">Where a name occurs in several of them, the last one tells.</param>
    public static void TakeFrom(object fields, params ReadOnlySpan<object> records)
    {
        foreach (var record in records)
        {
            foreach (var (field, property) in Pairs(fields, record))
            {
                if (field.FieldType.IsAssignableFrom(property.PropertyType) && !IsOptional(field, property))
                    field.SetValue(fields, property.GetValue(record));
            }
        }
    }

    /// <summary>
    /// Gives a record the values that fields have. A field that may be null, where the record's property may not, then leaves the record's
    /// own.
    /// </summary>
    /// <param name="fields">Its fields are read.</param>
    /// <param name="record">Fresh: nobody else has seen it, so that it may still be written.</param>
    /// <returns>The record.</returns>
    public static TRecord Fill<TRecord>(object fields, TRecord record) where TRecord : class
    {
        foreach (var (field, property) in Pairs(fields, record))
        {
            var value = field.GetValue(fields);
            if (value is not null || !IsOptional(field, property))
                property.SetValue(record, value);
        }
        return record;
    }

    private static IEnumerable<(FieldInfo Field, PropertyInfo Property)> Pairs(object fields, object record)
    {
        foreach (var property in record.GetType().GetProperties().Where(property => property.CanWrite))
        {
            var field = fields.GetType().GetField(property.Name);
            if (field is not null && property.PropertyType.IsAssignableFrom(Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType))
                yield return (field, property);
        }
    }

    // Null in the field stands for what the record has.
    private static bool IsOptional(FieldInfo field, PropertyInfo property)
    {
        var nullability = new NullabilityInfoContext();
        return nullability.Create(field).ReadState == NullabilityState.Nullable
            && nullability.Create(property).WriteState != NullabilityState.Nullable;
    }
}
