using System.Buffers.Binary;
using System.Text;

namespace Bdia.Core.Native;

/// <summary>
/// The part of a 64-bit little-endian ELF shared library that says which symbol versions it defines and which it needs of
/// other libraries. Every offset is checked: a truncated or altered file gives a <see cref="BadImageFormatException"/>.
/// </summary>
internal sealed class ElfImage
{
    private const uint DynamicSymbolSection = 11;
    private const uint VersionDefinitionSection = 0x6ffffffd;
    private const uint VersionNeedSection = 0x6ffffffe;
    private const uint VersionIndexSection = 0x6fffffff;
    private const int FileHeaderSize = 64;
    private const int SectionHeaderSize = 64;
    private const int SymbolSize = 24;

    private readonly byte[] image;

    private ElfImage(byte[] image) => this.image = image;

    /// <summary>Names of the versions that the library defines.</summary>
    public IReadOnlySet<string> Defined { get; private set; } = new HashSet<string>();

    /// <summary>The versions that the library needs of others.</summary>
    public IReadOnlyList<VersionNeed> Needed { get; private set; } = [];

    /// <summary>The dynamic symbols.</summary>
    public IReadOnlyList<Symbol> Symbols { get; private set; } = [];

    /// <summary>One version needed of one library.</summary>
    /// <param name="Library">File name of the library, such as libstdc++.so.6.</param>
    /// <param name="Version">Name of the version, such as GLIBCXX_3.4.</param>
    /// <param name="Hash">The ELF hash of the name, as recorded.</param>
    /// <param name="NameOffset">Offset of the name in the string table, as recorded.</param>
    /// <param name="Index">The number by which symbols refer to this version.</param>
    /// <param name="HashPosition">Position of the recorded hash in the file.</param>
    /// <param name="NamePosition">Position of the recorded name offset in the file.</param>
    public sealed record VersionNeed(string Library, string Version, uint Hash, uint NameOffset, int Index,
        int HashPosition, int NamePosition);

    /// <summary>One dynamic symbol.</summary>
    /// <param name="Name">The (mangled) name.</param>
    /// <param name="NamePosition">Position of the name in the file.</param>
    /// <param name="VersionIndex">The version it is bound to: <see cref="VersionNeed.Index"/>.</param>
    public readonly record struct Symbol(string Name, int NamePosition, int VersionIndex);

    private readonly record struct Section(uint Type, long Offset, long Size, int Link, int Items);

    /// <summary>Reads an image.</summary>
    /// <exception cref="BadImageFormatException">The bytes are not such a library, or are truncated or altered.</exception>
    public static ElfImage Parse(byte[] image)
    {
        var elf = new ElfImage(image);
        elf.CheckHeader();
        var sections = elf.ReadSections();
        foreach (var section in sections)
        {
            if (section.Type == VersionDefinitionSection)
                elf.Defined = elf.ReadDefinitions(section, elf.Linked(sections, section));
            else if (section.Type == VersionNeedSection)
                elf.Needed = elf.ReadNeeds(section, elf.Linked(sections, section));
            else if (section.Type == VersionIndexSection)
                elf.Symbols = elf.ReadSymbols(sections, section);
        }

        return elf;
    }

    /// <summary>Checks that a library's file reaches to its end, reading its header alone.</summary>
    /// <exception cref="BadImageFormatException">It is not such a library, or is truncated.</exception>
    public static void CheckWhole(string path)
    {
        using var file = File.OpenHandle(path);
        var length = RandomAccess.GetLength(file);
        var header = new byte[FileHeaderSize];
        var elf = new ElfImage(header[..RandomAccess.Read(file, header, 0)]);
        elf.CheckHeader();
        // Linkers write the table of sections last.
        var end = elf.U64(0x28) + (ulong)elf.U16(0x3A) * elf.U16(0x3C);
        if (end > (ulong)length)
            throw new BadImageFormatException($"The ELF library '{path}' is truncated: it has {length} bytes and should have {end}.");
    }

    private void CheckHeader()
    {
        if (image.Length < FileHeaderSize || !image.AsSpan(0, 6).SequenceEqual("\u007fELF\u0002\u0001"u8))
            throw new BadImageFormatException($"The file of {image.Length} bytes is not a 64-bit little-endian ELF library.");
    }

    private List<Section> ReadSections()
    {
        var table = (long)U64(0x28);
        int size = U16(0x3A), count = U16(0x3C);
        if (count > 0 && size != SectionHeaderSize)
            throw new BadImageFormatException($"The ELF library has section headers of {size} bytes instead of {SectionHeaderSize}.");
        var sections = new List<Section>(count);
        for (var i = 0; i < count; i++)
        {
            var at = table + (long)i * size;
            sections.Add(new Section(U32(at + 4), (long)U64(at + 24), (long)U64(at + 32), (int)U32(at + 40), (int)U32(at + 44)));
        }

        return sections;
    }

    private Section Linked(List<Section> sections, Section section)
    {
        if ((uint)section.Link >= sections.Count)
            throw new BadImageFormatException(
                $"The ELF library is altered: a section refers to section {section.Link} of {sections.Count}.");
        return sections[section.Link];
    }

    private HashSet<string> ReadDefinitions(Section section, Section strings)
    {
        var defined = new HashSet<string>();
        var entry = section.Offset;
        for (var i = 0; i < section.Items; i++)
        {
            defined.Add(Text(strings, U32(entry + U32(entry + 12))));
            if (!Advance(ref entry, U32(entry + 16)))
                break;
        }

        return defined;
    }

    private List<VersionNeed> ReadNeeds(Section section, Section strings)
    {
        var needs = new List<VersionNeed>();
        var entry = section.Offset;
        for (var i = 0; i < section.Items; i++)
        {
            var library = Text(strings, U32(entry + 4));
            var version = entry + U32(entry + 8);
            for (int j = 0, count = U16(entry + 2); j < count; j++)
            {
                var name = U32(version + 8);
                needs.Add(new VersionNeed(library, Text(strings, name), U32(version), name, U16(version + 6),
                    (int)version, (int)version + 8));
                if (!Advance(ref version, U32(version + 12)))
                    break;
            }

            if (!Advance(ref entry, U32(entry + 12)))
                break;
        }

        return needs;
    }

    private List<Symbol> ReadSymbols(List<Section> sections, Section indices)
    {
        var table = Linked(sections, indices);
        if (table.Type != DynamicSymbolSection)
            throw new BadImageFormatException("The ELF library is altered: its symbol versions do not refer to its dynamic symbols.");
        var strings = Linked(sections, table);
        var symbols = new List<Symbol>();
        for (var i = 0L; i < table.Size / SymbolSize; i++)
        {
            var name = U32(table.Offset + i * SymbolSize);
            // The highest bit of an index only says "hidden".
            symbols.Add(new Symbol(Text(strings, name), (int)(strings.Offset + name), U16(indices.Offset + i * 2) & 0x7fff));
        }

        return symbols;
    }

    // The last record of a list says that the next one is 0 bytes away; an altered count must not keep us there.
    private static bool Advance(ref long position, uint distance)
    {
        position += distance;
        return distance != 0;
    }

    private string Text(Section strings, uint offset)
    {
        var rest = offset < strings.Size ? Bytes(strings.Offset + offset, (int)Math.Min(strings.Size - offset, int.MaxValue)) : [];
        var end = rest.IndexOf((byte)0);
        return end >= 0
            ? Encoding.UTF8.GetString(rest[..end])
            : throw new BadImageFormatException(
                $"The ELF library is truncated or altered: no text ends after offset {offset} of a string table of {strings.Size} bytes.");
    }

    private ushort U16(long offset) => BinaryPrimitives.ReadUInt16LittleEndian(Bytes(offset, sizeof(ushort)));

    private uint U32(long offset) => BinaryPrimitives.ReadUInt32LittleEndian(Bytes(offset, sizeof(uint)));

    private ulong U64(long offset) => BinaryPrimitives.ReadUInt64LittleEndian(Bytes(offset, sizeof(ulong)));

    private ReadOnlySpan<byte> Bytes(long offset, int count) =>
        offset >= 0 && count >= 0 && offset <= image.Length - (long)count
            ? image.AsSpan((int)offset, count)
            : throw new BadImageFormatException(
                $"The ELF library is truncated or altered: {count} bytes at offset {offset} lie outside its {image.Length} bytes.");
}
