using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>The element types of the format that libtorch has too: one table for reading and writing.</summary>
internal static class SafeTensorsType
{
    private static readonly (string Name, ScalarType Type, int Size)[] All =
    [
        ("F64", ScalarType.Float64, 8),
        ("F32", ScalarType.Float32, 4),
        ("F16", ScalarType.Float16, 2),
        ("BF16", ScalarType.BFloat16, 2),
        ("I64", ScalarType.Int64, 8),
        ("I32", ScalarType.Int32, 4),
        ("I16", ScalarType.Int16, 2),
        ("I8", ScalarType.Int8, 1),
        ("U8", ScalarType.Byte, 1),
        ("BOOL", ScalarType.Bool, 1),
    ];

    /// <summary>The names, for error texts.</summary>
    internal static string Names => string.Join(", ", All.Select(row => row.Name));

    internal static bool TryParse(string name, out ScalarType type)
    {
        var row = All.FirstOrDefault(row => row.Name == name);
        type = row.Type;
        return row.Name is not null;
    }

    internal static bool TryName(ScalarType type, out string name)
    {
        var row = All.FirstOrDefault(row => row.Type == type);
        name = row.Name ?? "";
        return row.Name is not null;
    }

    /// <summary>Bytes per element.</summary>
    internal static int Size(ScalarType type) => All.First(row => row.Type == type).Size;
}
