using System.Text;

namespace Bdia.Core.Tests.Native;

/// <summary>Writes the smallest ELF image that carries symbols bound to versions of libstdc++.</summary>
internal static class SyntheticElf
{
    /// <summary>Builds an image that needs versions and defines versions, with symbols bound to the needed ones by position.</summary>
    /// <param name="needed">Needed versions of libstdc++.so.6; the first has index 2.</param>
    /// <param name="symbols">Names and, for each, the version it is bound to.</param>
    /// <param name="defined">Versions that the image itself defines.</param>
    public static byte[] Build(string[] needed, (string Name, string Version)[] symbols, string[]? defined = null)
    {
        defined ??= [];
        var strings = new MemoryStream();
        uint Text(string value)
        {
            var offset = (uint)strings.Length;
            strings.Write(Encoding.ASCII.GetBytes(value + "\0"));
            return offset;
        }

        Text("");
        var library = Text("libstdc++.so.6");
        var needNames = needed.Select(Text).ToArray();
        var definedNames = defined.Select(Text).ToArray();
        var symbolNames = symbols.Select(symbol => Text(symbol.Name)).ToArray();

        var need = Write(w =>
        {
            w.Write((ushort)1);
            w.Write((ushort)needed.Length);
            w.Write(library);
            w.Write(16u);
            w.Write(0u);
            for (var i = 0; i < needed.Length; i++)
            {
                w.Write((uint)(1000 + i));
                w.Write((ushort)0);
                w.Write((ushort)(2 + i));
                w.Write(needNames[i]);
                w.Write(i + 1 < needed.Length ? 16u : 0u);
            }
        });
        var definitions = Write(w =>
        {
            for (var i = 0; i < defined.Length; i++)
            {
                w.Write(new byte[12]);
                w.Write(20u);
                w.Write(i + 1 < defined.Length ? 28u : 0u);
                w.Write(definedNames[i]);
                w.Write(0u);
            }
        });
        var indices = Write(w =>
        {
            foreach (var (_, version) in symbols)
                w.Write((ushort)(2 + Array.IndexOf(needed, version)));
        });
        var table = Write(w =>
        {
            foreach (var name in symbolNames)
            {
                w.Write(name);
                w.Write(new byte[20]);
            }
        });

        // Sections: 0 strings, 1 symbols, 2 symbol versions, 3 needs, 4 definitions. Each: type, content, linked section, items.
        (uint Type, byte[] Content, uint Link, uint Items)[] sections =
        [
            (3, strings.ToArray(), 0, 0), (11, table, 0, 0), (0x6fffffff, indices, 1, 0), (0x6ffffffe, need, 0, 1),
            (0x6ffffffd, definitions, 0, (uint)defined.Length),
        ];
        return Write(w =>
        {
            var content = 64L;
            var headers = content + sections.Sum(section => section.Content.Length);
            w.Write("\u007fELF\u0002\u0001"u8);
            w.Write(new byte[0x28 - 6]);
            w.Write((ulong)headers);
            w.Write(new byte[0x3A - 0x30]);
            w.Write((ushort)64);
            w.Write((ushort)sections.Length);
            w.Write((ushort)0);
            foreach (var section in sections)
                w.Write(section.Content);
            foreach (var section in sections)
            {
                w.Write(0u);
                w.Write(section.Type);
                w.Write(new byte[16]);
                w.Write((ulong)content);
                w.Write((ulong)section.Content.Length);
                w.Write(section.Link);
                w.Write(section.Items);
                w.Write(new byte[16]);
                content += section.Content.Length;
            }
        });
    }

    private static byte[] Write(Action<BinaryWriter> write)
    {
        var stream = new MemoryStream();
        write(new BinaryWriter(stream));
        return stream.ToArray();
    }
}
