using System.Globalization;
using System.Text;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

/// <summary>A type that the values of a key may have: how one is shown, and how it is written as text and read back without loss.</summary>
internal abstract class KeyValueType(PrimitiveDataViewType type)
{
    public static IReadOnlyList<KeyValueType> All { get; } =
    [
        new KeyValueType<ReadOnlyMemory<char>>(TextDataViewType.Instance, value => value.ToString(), Escape,
            text => Unescape(text).AsMemory()),
        new KeyValueType<bool>(BooleanDataViewType.Instance, value => value ? "true" : "false", bool.Parse),
        Number<sbyte>(NumberDataViewType.SByte), Number<byte>(NumberDataViewType.Byte),
        Number<short>(NumberDataViewType.Int16), Number<ushort>(NumberDataViewType.UInt16),
        Number<int>(NumberDataViewType.Int32), Number<uint>(NumberDataViewType.UInt32),
        Number<long>(NumberDataViewType.Int64), Number<ulong>(NumberDataViewType.UInt64),
        Number<float>(NumberDataViewType.Single), Number<double>(NumberDataViewType.Double),
        new KeyValueType<TimeSpan>(TimeSpanDataViewType.Instance, value => value.ToString("c"),
            text => TimeSpan.ParseExact(text, "c", CultureInfo.InvariantCulture)),
        new KeyValueType<DateTime>(DateTimeDataViewType.Instance, value => value.ToString("o", CultureInfo.InvariantCulture),
            text => DateTime.ParseExact(text, "o", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind)),
        new KeyValueType<DateTimeOffset>(DateTimeOffsetDataViewType.Instance, value => value.ToString("o", CultureInfo.InvariantCulture),
            text => DateTimeOffset.ParseExact(text, "o", CultureInfo.InvariantCulture)),
        new KeyValueType<DataViewRowId>(RowIdDataViewType.Instance, value => $"{value.High:x16}{value.Low:x16}",
            text => new DataViewRowId(ulong.Parse(text.AsSpan(16), NumberStyles.HexNumber),
                ulong.Parse(text.AsSpan(0, 16), NumberStyles.HexNumber))),
    ];

    public PrimitiveDataViewType Type => type;

    /// <summary>ML.NET's name of the type, as it stands in a saved model.</summary>
    public string Name { get; } = type.ToString()!;

    /// <summary>The values of an annotation that holds one value per key.</summary>
    public abstract KeyValues Read(DataViewSchema.Annotations annotations, string kind);

    /// <summary>
    /// The inverse of <see cref="KeyValues.Encoded"/>; throws <see cref="FormatException"/> where a text is not of this type.
    /// </summary>
    public abstract KeyValues Decode(IReadOnlyList<string> encoded);

    private static KeyValueType<T> Number<T>(NumberDataViewType type) where T : struct, IFormattable, IParsable<T>
        => new(type, value => value.ToString(null, CultureInfo.InvariantCulture), text => T.Parse(text, CultureInfo.InvariantCulture));

    // JSON is Unicode and cannot hold half a surrogate pair, which an ML.NET text can.
    private static string Escape(ReadOnlyMemory<char> value)
    {
        var text = new StringBuilder();
        var span = value.Span;
        for (var i = 0; i < span.Length; i++)
        {
            if (char.IsHighSurrogate(span[i]) && i + 1 < span.Length && char.IsLowSurrogate(span[i + 1]))
                text.Append(span[i]).Append(span[++i]);
            else if (char.IsSurrogate(span[i]))
                text.Append($"\\u{(int)span[i]:x4}");
            else
                text.Append(span[i] == '\\' ? "\\\\" : span[i]);
        }
        return text.ToString();
    }

    private static string Unescape(string text)
    {
        var value = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
                value.Append(text[i]);
            else if (i + 1 < text.Length && text[i + 1] == '\\')
                value.Append(text[++i]);
            else if (i + 5 < text.Length && text[i + 1] == 'u'
                && ushort.TryParse(text.AsSpan(i + 2, 4), NumberStyles.HexNumber, null, out var code))
                (value, i) = (value.Append((char)code), i + 5);
            else
                throw new FormatException($"The text '{text}' has an escape at position {i} that is neither \\\\ nor \\uXXXX.");
        }
        return value.ToString();
    }
}

internal sealed class KeyValueType<T>(PrimitiveDataViewType type, Func<T, string> show, Func<T, string> encode, Func<string, T> decode)
    : KeyValueType(type)
{
    public KeyValueType(PrimitiveDataViewType type, Func<T, string> encode, Func<string, T> decode) : this(type, encode, encode, decode)
    {
    }

    public override KeyValues Read(DataViewSchema.Annotations annotations, string kind)
    {
        VBuffer<T> values = default;
        annotations.GetValue(kind, ref values);
        return Create([.. values.DenseValues()]);
    }

    public override KeyValues Decode(IReadOnlyList<string> encoded) => Create([.. encoded.Select(decode)]);

    private KeyValues<T> Create(T[] values) => new(this, values, [.. values.Select(show)], [.. values.Select(encode)]);
}
