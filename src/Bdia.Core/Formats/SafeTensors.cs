using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>
/// Named tensors to bytes and back in the public safetensors format, so that weights can be read by other tools and
/// other tools' weights can be read here.
/// </summary>
/// <remarks>
/// Layout: 8 bytes, little endian, with the length n of the header; n bytes of JSON, padded with spaces so that n is a
/// multiple of 8; then the tensors' elements, little endian, row major, one after the other without a gap. The header
/// maps each name to <c>{"dtype", "shape", "data_offsets": [begin, end]}</c>, offsets counted from the end of the
/// header; the reserved name <c>__metadata__</c> maps to an object of strings.
/// Every bit is kept, those of NaN and of negative zero included. Element types: Float64, Float32, Float16, BFloat16,
/// Int64, Int32, Int16, Int8, Byte, Bool.
/// </remarks>
public static class SafeTensors
{
    /// <summary>Writes tensors and metadata to a stream, which need not be seekable and stays open.</summary>
    /// <remarks>
    /// The same content gives the same bytes: tensors go in order of descending element size (which keeps each aligned),
    /// then of name; metadata in order of name. At most one tensor at a time is copied, and only if it is on another
    /// device or not contiguous.
    /// </remarks>
    /// <param name="stream">Where to write, from its current position on.</param>
    /// <param name="tensors">Names, unique and not empty, and their tensors of any shape and device.</param>
    /// <param name="metadata">Free text by name, or <see langword="null"/> for none.</param>
    /// <exception cref="ArgumentException">A name is empty, reserved or given twice, or an element type has no counterpart in the
    /// format.</exception>
    public static void Write(Stream stream, IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string,
        string>? metadata = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ArgumentNullException.ThrowIfNull(tensors);
        SafeTensorsWriter.Write(stream, tensors, metadata);
    }

    /// <summary>Reads a whole stream, which need not be seekable and stays open.</summary>
    /// <param name="stream">Read from its current position to its end: bytes after the last tensor are a fault.</param>
    /// <returns>The tensors, on the CPU, owned by the result, and the metadata.</returns>
    /// <exception cref="InvalidDataException">The stream is truncated, altered or no safetensors stream; the text says what is
    /// wrong.</exception>
    public static SafeTensorsContent Read(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return SafeTensorsReader.Read(stream);
    }
}
