using System.IO.Compression;
using System.Runtime.CompilerServices;
using Microsoft.ML;

namespace Bdia.MLNet.Internals;

/// <summary>The folder of one transformer inside the zip that <c>mlContext.Model.Save</c> writes.</summary>
internal sealed class ModelArchiveWriter(ModelSaveContext context)
{
    /// <summary>Begins the folder: its first entry names who can read it.</summary>
    /// <param name="signature">Eight characters that mark the kind of model.</param>
    /// <param name="loader">The name under which the loader is registered, at most 24 characters.</param>
    public void Begin(string signature, string loader)
    {
        context.CheckAtModel();
        context.SetVersionInfo(ModelHeaderVersion.Of(signature, loader));
    }

    /// <summary>Writes one entry; the stream can be read back and moved while <paramref name="write"/> runs.</summary>
    public void Write(string name, Action<Stream> write) => context.SaveBinaryStream(name, writer => write(writer.BaseStream));

    /// <summary>Puts some bytes into the first entry, behind ML.NET's own header.</summary>
    public void WriteSeal(byte[] seal) => context.Writer.Write(seal);
}

/// <summary>The same folder when <c>mlContext.Model.Load</c> reads it.</summary>
internal sealed class ModelArchiveReader
{
    private readonly ModelLoadContext context;

    public ModelArchiveReader(ModelLoadContext context, string signature, string loader)
    {
        this.context = context;
        try
        {
            context.CheckAtModel(ModelHeaderVersion.Of(signature, loader));
        }
        catch (Exception fault) when (fault is FormatException or InvalidOperationException or IOException)
        {
            throw new InvalidDataException(
                $"The entry 'Model.key' is not that of such a model ({fault.Message}): the file is altered or of another kind. Use an "
                + "intact copy of the model.");
        }
    }

    /// <summary>
    /// Reads one entry, from its beginning on; false where the folder has none of that name. <paramref name="read"/> gets its length, as
    /// the zip states it, and the bytes that it takes in the zip, which are there.
    /// </summary>
    public bool TryRead(string name, Action<Stream, long, long> read)
    {
        if (Entry(name) is not { } entry)
            return context.TryLoadBinaryStream(name, reader => read(reader.BaseStream, reader.BaseStream.Length, reader.BaseStream.Length));
        using var stream = entry.Open();
        read(stream, entry.Length, entry.CompressedLength);
        return true;
    }

    // ML.NET's own way writes the entry to a temporary file and reads it from there: a fifth of the time that loading a large model took.
    private ZipArchiveEntry? Entry(string name)
    {
        try
        {
            return Entries(context.Repository).GetValueOrDefault(Path.Combine(context.Directory ?? "", name));
        }
        catch (MissingFieldException)
        {
            return null; // another version of ML.NET: slower, not wrong
        }
    }

    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "_entries")]
    private static extern ref Dictionary<string, ZipArchiveEntry> Entries(RepositoryReader repository);

    /// <summary>The bytes that <see cref="ModelArchiveWriter.WriteSeal"/> wrote; fewer where the entry is cut short.</summary>
    public byte[] ReadSeal(int length) => context.Reader.ReadBytes(length);
}

/// <summary>
/// ML.NET's own version check always passes: which versions can be read is decided, and explained, where our own JSON is read.
/// </summary>
internal static class ModelHeaderVersion
{
    // The assembly's simple name, not its full one: a model must not refuse to load because the package has another version.
    public static VersionInfo Of(string signature, string loader)
        => new(signature, 0x00010001, 0x00010001, 0x00010001, typeof(ModelHeaderVersion).Assembly.GetName().Name, loader);
}
