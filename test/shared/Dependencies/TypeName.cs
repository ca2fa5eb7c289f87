using System.Reflection.Metadata;

namespace Bdia.Tests.Dependencies;

/// <summary>Full names of the types that metadata speaks of: namespace and outermost type first, nested ones behind a slash.</summary>
internal static class TypeName
{
    public static string Of(MetadataReader reader, TypeDefinitionHandle handle)
    {
        var type = reader.GetTypeDefinition(handle);
        return type.GetDeclaringType() is { IsNil: false } outer ? $"{Of(reader, outer)}/{reader.GetString(type.Name)}"
            : Join(reader, type.Namespace, type.Name);
    }

    public static string Of(MetadataReader reader, TypeReferenceHandle handle)
    {
        var type = reader.GetTypeReference(handle);
        return type.ResolutionScope is { IsNil: false, Kind: HandleKind.TypeReference } outer
            ? $"{Of(reader, (TypeReferenceHandle)outer)}/{reader.GetString(type.Name)}"
            : Join(reader, type.Namespace, type.Name);
    }

    private static string Join(MetadataReader reader, StringHandle space, StringHandle name)
        => space.IsNil ? reader.GetString(name) : $"{reader.GetString(space)}.{reader.GetString(name)}";
}
