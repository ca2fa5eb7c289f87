using System.Buffers.Binary;
using System.Text;

namespace Bdia.Core.Native;

/// <summary>
/// Writes the smallest ELF shared library for Linux on x64 whose functions take nothing and answer 1. That it was asked stands in its
/// variable <see cref="Asked"/>, an int: 0, then 1.
/// </summary>
/// <remarks>
/// Two pages: what is read and executed (headers, symbols, names, hash table, code), and what is written (the dynamic section, in which
/// older versions of glibc note addresses, and the variable). No section headers: the loader needs none. Source of the layout: the System V
/// ABI, its supplement for AMD64, and elf(5).
/// </remarks>
internal static class AnsweringLibrary
{
    /// <summary>The name of the variable.</summary>
    public const string Asked = "bdia_asked";

    private const int Page = 0x1000;
    private const int HeaderSize = 64;
    private const int ProgramHeaderSize = 56;
    private const int ProgramHeaders = 4;
    private const int SymbolSize = 24;
    private const int FunctionSize = 16;

    // Kinds of program headers, and what may be done with the memory they describe.
    private const uint Load = 1;
    private const uint Dynamic = 2;
    private const uint StackRights = 0x6474e551;
    private const uint Execute = 1;
    private const uint Write = 2;
    private const uint Read = 4;

    /// <summary>Builds the library.</summary>
    /// <param name="name">The name by which the loader knows it, such as libanswer.so.</param>
    /// <param name="functions">The names of its functions.</param>
    public static byte[] Build(string name, IReadOnlyList<string> functions)
    {
        var names = new StringTable();
        var ownName = names.Add(name);
        var symbols = HeaderSize + ProgramHeaders * ProgramHeaderSize;
        var count = functions.Count + 2; // the first symbol is nobody, the last the variable
        var hash = symbols + count * SymbolSize;
        var code = Aligned(hash + (3 + count) * sizeof(uint), FunctionSize);
        var strings = code + functions.Count * FunctionSize;
        var dynamic = DynamicSection(ownName, hash, symbols, strings);
        var variable = Page + dynamic.Count * 2 * sizeof(ulong);

        var image = new Writer();
        image.Symbol(0, 0, 0, 0);
        for (var i = 0; i < functions.Count; i++)
            image.Symbol(names.Add(functions[i]), type: 2, code + i * FunctionSize, FunctionSize);
        image.Symbol(names.Add(Asked), type: 1, variable, sizeof(int));
        image.HashTable(count);
        image.Pad(code - symbols);
        for (var i = 0; i < functions.Count; i++) image.Function(code + i * FunctionSize, variable);
        dynamic[4] = (dynamic[4].Tag, (ulong)names.Bytes.Length); // known only now that all names are there
        image.Bytes(names.Bytes);
        if (symbols + image.Length > Page)
            throw new ArgumentException($"The names of {functions.Count} functions take more than a page.", nameof(functions));
        var read = symbols + image.Length;
        image.Pad(Page - symbols);
        foreach (var (tag, value) in dynamic) image.Words(tag, value);
        image.Bytes(new byte[sizeof(int)]);

        var end = symbols + image.Length;
        var file = new Writer();
        file.FileHeader();
        file.ProgramHeader(Load, Read | Execute, 0, read, Page);
        file.ProgramHeader(Load, Read | Write, Page, end - Page, Page);
        file.ProgramHeader(Dynamic, Read | Write, Page, dynamic.Count * 2 * sizeof(ulong), sizeof(ulong));
        file.ProgramHeader(StackRights, Read | Write, 0, 0, FunctionSize); // without it, the loader would make stacks executable
        file.Bytes(image.ToArray());
        return file.ToArray();
    }

    // Tags as elf(5) numbers them; the fifth's value, the length of the strings, is filled in last.
    private static List<(ulong Tag, ulong Value)> DynamicSection(uint name, int hash, int symbols, int strings) =>
    [
        (14, name), (4, (ulong)hash), (6, (ulong)symbols), (5, (ulong)strings), (10, 0), (11, SymbolSize), (0, 0),
    ];

    private static int Aligned(int position, int to) => (position + to - 1) / to * to;

    private sealed class StringTable
    {
        private readonly List<byte> text = [0];

        public byte[] Bytes => [.. text];

        public uint Add(string name)
        {
            var at = (uint)text.Count;
            text.AddRange(Encoding.ASCII.GetBytes(name));
            text.Add(0);
            return at;
        }
    }

    private sealed class Writer
    {
        private readonly List<byte> bytes = [];

        public int Length => bytes.Count;

        public byte[] ToArray() => [.. bytes];

        public void Bytes(ReadOnlySpan<byte> more) => bytes.AddRange(more);

        public void Pad(int length) => bytes.AddRange(new byte[length - bytes.Count]);

        public void Words(params ReadOnlySpan<ulong> values)
        {
            foreach (var value in values) Number(value, sizeof(ulong));
        }

        // A shared library (3) for AMD64 (62), without section headers.
        public void FileHeader()
        {
            Bytes("\u007fELF\u0002\u0001\u0001"u8);
            Pad(16);
            Halves(3, 62);
            Number(1, sizeof(uint));
            Words(0, HeaderSize, 0);
            Number(0, sizeof(uint));
            Halves(HeaderSize, ProgramHeaderSize, ProgramHeaders, 0, 0, 0);
        }

        public void ProgramHeader(uint type, uint rights, int offset, int size, int alignment)
        {
            Number(type, sizeof(uint));
            Number(rights, sizeof(uint));
            Words((ulong)offset, (ulong)offset, (ulong)offset, (ulong)size, (ulong)size, (ulong)alignment);
        }

        // Global (1) and defined: any section number but 0 says so.
        public void Symbol(uint name, int type, int address, int size)
        {
            Number(name, sizeof(uint));
            Bytes([(byte)(type == 0 ? 0 : 1 << 4 | type), 0]);
            Halves((ushort)(type == 0 ? 0 : 1));
            Words((ulong)address, (ulong)size);
        }

        // One bucket, which holds all symbols but the first in a chain.
        public void HashTable(int symbols)
        {
            Number(1, sizeof(uint));
            Number((ulong)symbols, sizeof(uint));
            Number(1, sizeof(uint));
            for (var i = 0; i < symbols; i++) Number((ulong)(i > 0 && i < symbols - 1 ? i + 1 : 0), sizeof(uint));
        }

        // mov dword [rip + distance], 1; mov eax, 1; ret.
        public void Function(int address, int variable)
        {
            Bytes([0xC7, 0x05]);
            Number((ulong)(variable - (address + 10)), sizeof(uint));
            Bytes([1, 0, 0, 0, 0xB8, 1, 0, 0, 0, 0xC3]);
        }

        private void Halves(params ReadOnlySpan<ushort> values)
        {
            foreach (var value in values) Number(value, sizeof(ushort));
        }

        private void Number(ulong value, int size)
        {
            Span<byte> eight = stackalloc byte[sizeof(ulong)];
            BinaryPrimitives.WriteUInt64LittleEndian(eight, value);
            Bytes(eight[..size]);
        }
    }
}
