using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>One tensor as the header describes it.</summary>
/// <param name="Name">Unique in the header.</param>
/// <param name="Type">Element type.</param>
/// <param name="Shape">Empty for a scalar.</param>
/// <param name="Begin">First byte, counted from the end of the header.</param>
/// <param name="End">One past the last byte.</param>
internal readonly record struct SafeTensorsEntry(string Name, ScalarType Type, long[] Shape, long Begin, long End)
{
    /// <summary>The name under which the header keeps its free text.</summary>
    internal const string MetadataName = "__metadata__";

    internal long ByteCount => End - Begin;
}
