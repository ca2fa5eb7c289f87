using System.Buffers.Binary;
using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Publicize;

/// <summary>
/// Turns what an assembly keeps internal into public, for the compiler's eyes only.
/// </summary>
/// <remarks>
/// Visibility is a few bits in the rows of three metadata tables, so the image is edited in place: nothing moves, nothing
/// grows, and every token keeps its meaning. Private and protected members stay as they are.
/// </remarks>
internal static class Publicizer
{
    // Column offsets inside a row (ECMA-335, II.22): TypeDef starts with a 4-byte Flags, Field with a 2-byte Flags, and
    // MethodDef has RVA (4) and ImplFlags (2) before its Flags. Visibility sits in the lowest three bits of each.
    private const int TypeFlags = 0;
    private const int FieldFlags = 0;
    private const int MethodFlags = 6;
    private const int VisibilityBits = 7;

    /// <summary>Returns a copy of <paramref name="assembly"/> in which the internals of Microsoft.ML are public.</summary>
    public static byte[] MakePublic(byte[] assembly)
    {
        using var image = new PEReader(new MemoryStream(assembly, writable: false));
        var metadata = image.GetMetadataReader();
        var copy = assembly.ToArray();

        Span<byte> Row(EntityHandle handle)
        {
            MetadataTokens.TryGetTableIndex(handle.Kind, out var table);
            var size = metadata.GetTableRowSize(table);
            var offset = metadata.GetTableMetadataOffset(table) + (MetadataTokens.GetRowNumber(handle) - 1) * size;
            return copy.AsSpan(image.PEHeaders.MetadataStartOffset + offset, size);
        }

        foreach (var handle in metadata.TypeDefinitions)
        {
            var type = metadata.GetTypeDefinition(handle);
            if (!BelongsToMLNet(metadata, type))
                continue;

            SetVisibility(Row(handle)[TypeFlags..], (int)(type.IsNested ? TypeAttributes.NestedPublic : TypeAttributes.Public));
            foreach (var method in type.GetMethods())
                if (IsInternal((int)metadata.GetMethodDefinition(method).Attributes))
                    SetVisibility(Row(method)[MethodFlags..], (int)MethodAttributes.Public);
            foreach (var field in type.GetFields())
                if (IsInternal((int)metadata.GetFieldDefinition(field).Attributes))
                    SetVisibility(Row(field)[FieldFlags..], (int)FieldAttributes.Public);
        }

        return copy;
    }

    // Helper attributes that compilers put into every assembly (namespace System...) would clash if they became public.
    private static bool BelongsToMLNet(MetadataReader metadata, TypeDefinition type)
    {
        while (type.IsNested)
            type = metadata.GetTypeDefinition(type.GetDeclaringType());
        var name = metadata.GetString(type.Namespace);
        return name == "Microsoft.ML" || name.StartsWith("Microsoft.ML.", StringComparison.Ordinal);
    }

    // Methods and fields number their access levels alike: private protected, internal, protected internal.
    private static bool IsInternal(int attributes) =>
        (MethodAttributes)(attributes & VisibilityBits) is MethodAttributes.FamANDAssem or MethodAttributes.Assembly
            or MethodAttributes.FamORAssem;

    private static void SetVisibility(Span<byte> flags, int visibility)
    {
        var rest = BinaryPrimitives.ReadUInt16LittleEndian(flags) & ~VisibilityBits;
        BinaryPrimitives.WriteUInt16LittleEndian(flags, (ushort)(rest | visibility));
    }
}
