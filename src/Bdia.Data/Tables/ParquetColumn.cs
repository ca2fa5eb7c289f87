using System.Reflection;
using Parquet;
using Parquet.Schema;

namespace Bdia.Data.Tables;

/// <summary>Reads and writes a column of a row group, whatever its type.</summary>
internal static class ParquetColumn
{
    private static readonly MethodInfo ReadNumbers = Method(nameof(Numbers)), ReadOptional = Method(nameof(Optional)),
        WriteNumbers = Method(nameof(Put));

    /// <summary>What a field's values are here: the library calls texts and bytes memory.</summary>
    public static Type Type(DataField field) => field.ClrType switch
    {
        var type when type == typeof(ReadOnlyMemory<char>) => typeof(string),
        var type when type == typeof(ReadOnlyMemory<byte>) => typeof(byte[]),
        var type => type,
    };

    /// <summary>The values; null where there is none.</summary>
    public static Array Read(ParquetRowGroupReader rows, DataField field, int count)
    {
        if (Type(field) == typeof(string))
        {
            var texts = new string?[count];
            rows.ReadAsync(field, texts.AsMemory()).AsTask().GetAwaiter().GetResult();
            return texts;
        }

        if (Type(field) == typeof(byte[]))
        {
            var bytes = new byte[]?[count];
            rows.ReadAsync(field, bytes.AsMemory()).AsTask().GetAwaiter().GetResult();
            return bytes;
        }

        var read = field.MaxDefinitionLevel > 0 ? ReadOptional : ReadNumbers;
        return (Array)Call(read, field, rows, field, count)!;
    }

    /// <summary>Writes values of the field's type, which may be null.</summary>
    public static void Write(ParquetRowGroupWriter rows, DataField field, IReadOnlyList<object?> values)
    {
        if (Type(field) == typeof(string)) rows.WriteAsync(field, (string[])[.. values.Select(Text)!])
            .GetAwaiter().GetResult();
        else if (Type(field) == typeof(byte[])) rows.WriteAsync(field, (byte[][])[.. values.Cast<byte[]>()]).GetAwaiter().GetResult();
        else Call(WriteNumbers, field, rows, field, values);
    }

    private static string? Text(object? value) => value is null ? null : new TableRow(0, [value]).Text(0);

    private static T[] Numbers<T>(ParquetRowGroupReader rows, DataField field, int count) where T : struct
    {
        var values = new T[count];
        rows.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return values;
    }

    private static T?[] Optional<T>(ParquetRowGroupReader rows, DataField field, int count) where T : struct
    {
        var values = new T?[count];
        rows.ReadAsync(field, values.AsMemory()).AsTask().GetAwaiter().GetResult();
        return values;
    }

    private static void Put<T>(ParquetRowGroupWriter rows, DataField field, IReadOnlyList<object?> values) where T : struct
        => rows.WriteAsync<T>(field, new ReadOnlyMemory<T?>([.. values.Select(value => (T?)value)])).GetAwaiter().GetResult();

    private static object? Call(MethodInfo method, DataField field, params object[] arguments)
        => method.MakeGenericMethod(field.ClrType).Invoke(null, BindingFlags.DoNotWrapExceptions, null, arguments, null);

    private static MethodInfo Method(string name)
        => typeof(ParquetColumn).GetMethod(name, BindingFlags.NonPublic | BindingFlags.Static)!;
}
