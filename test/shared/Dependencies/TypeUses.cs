using System.Collections.Immutable;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;

namespace Bdia.Tests.Dependencies;

/// <summary>Every type that the types of one assembly use, with the file that uses it; a pair as often as it occurs.</summary>
internal sealed class TypeUses(MetadataReader reader, PEReader image, IReadOnlyDictionary<string, string> files, IReadOnlySet<string> enums)
{
    public IEnumerable<(string File, string Type)> All()
    {
        foreach (var handle in reader.TypeDefinitions)
            if (files.TryGetValue(TypeName.Of(reader, handle), out var file))
                foreach (var name in InType(reader.GetTypeDefinition(handle)))
                    yield return (file, name);
    }

    /// <summary>Every text in the code, with its file; interpolated strings in pieces.</summary>
    public IEnumerable<(string File, string Text)> Texts()
    {
        foreach (var handle in reader.TypeDefinitions)
            if (files.TryGetValue(TypeName.Of(reader, handle), out var file))
                foreach (var method in reader.GetTypeDefinition(handle).GetMethods().Select(reader.GetMethodDefinition)
                    .Where(method => method.RelativeVirtualAddress != 0))
                    foreach (var text in Instructions.Texts(image.GetMethodBody(method.RelativeVirtualAddress).GetILReader()))
                        yield return (file, reader.GetUserString(text));
    }

    private IEnumerable<string> InType(TypeDefinition type)
    {
        IEnumerable<string> own =
        [
            .. Type(type.BaseType),
            .. type.GetInterfaceImplementations().SelectMany(i => Type(reader.GetInterfaceImplementation(i).Interface)),
            .. InParameters(type.GetGenericParameters()),
            .. InAttributes(type.GetCustomAttributes()),
            .. type.GetProperties().SelectMany(p => InAttributes(reader.GetPropertyDefinition(p).GetCustomAttributes())),
        ];
        return own.Concat(type.GetFields().Select(reader.GetFieldDefinition).SelectMany(InField))
            .Concat(type.GetMethods().Select(reader.GetMethodDefinition).SelectMany(InMethod));
    }

    private IEnumerable<string> InField(FieldDefinition field)
        => [.. field.DecodeSignature(NamesInSignature.Provider, null), .. InAttributes(field.GetCustomAttributes())];

    private IEnumerable<string> InMethod(MethodDefinition method)
    {
        IEnumerable<string> head =
        [
            .. Names(method.DecodeSignature(NamesInSignature.Provider, null)),
            .. InParameters(method.GetGenericParameters()),
            .. InAttributes(method.GetCustomAttributes()),
            .. method.GetParameters().SelectMany(p => InAttributes(reader.GetParameter(p).GetCustomAttributes())),
        ];
        return method.RelativeVirtualAddress == 0 ? head : head.Concat(InBody(image.GetMethodBody(method.RelativeVirtualAddress)));
    }

    private IEnumerable<string> InBody(MethodBodyBlock body)
    {
        IEnumerable<string> locals = body.LocalSignature.IsNil ? []
            : reader.GetStandaloneSignature(body.LocalSignature).DecodeLocalSignature(NamesInSignature.Provider, null)
            .SelectMany(names => names);
        return locals.Concat(body.ExceptionRegions.SelectMany(region => Type(region.CatchType)))
            .Concat(Instructions.Tokens(body.GetILReader()).SelectMany(Token));
    }

    private IEnumerable<string> InParameters(GenericParameterHandleCollection parameters)
        => parameters.SelectMany(p => reader.GetGenericParameter(p).GetConstraints())
            .SelectMany(c => Type(reader.GetGenericParameterConstraint(c).Type));

    private IEnumerable<string> InAttributes(CustomAttributeHandleCollection attributes)
        => attributes.SelectMany(a => Token(reader.GetCustomAttribute(a).Constructor));

    private IEnumerable<string> Token(EntityHandle handle) => handle.Kind switch
    {
        HandleKind.MethodDefinition => Token((MethodDefinitionHandle)handle),
        HandleKind.FieldDefinition => Token((FieldDefinitionHandle)handle),
        HandleKind.MemberReference => Token((MemberReferenceHandle)handle),
        HandleKind.MethodSpecification => Token((MethodSpecificationHandle)handle),
        HandleKind.StandaloneSignature =>
            Names(reader.GetStandaloneSignature((StandaloneSignatureHandle)handle).DecodeMethodSignature(NamesInSignature.Provider, null)),
        _ => Type(handle),
    };

    private IEnumerable<string> Token(MethodDefinitionHandle handle)
    {
        var method = reader.GetMethodDefinition(handle);
        return Type(method.GetDeclaringType()).Concat(Enums(Names(method.DecodeSignature(NamesInSignature.Provider, null))));
    }

    private IEnumerable<string> Token(FieldDefinitionHandle handle)
    {
        var field = reader.GetFieldDefinition(handle);
        return Type(field.GetDeclaringType()).Concat(Enums(field.DecodeSignature(NamesInSignature.Provider, null)));
    }

    private IEnumerable<string> Token(MemberReferenceHandle handle)
    {
        var member = reader.GetMemberReference(handle);
        var types = member.GetKind() == MemberReferenceKind.Field
            ? member.DecodeFieldSignature(NamesInSignature.Provider, null)
            : Names(member.DecodeMethodSignature(NamesInSignature.Provider, null));
        return (member.Parent.Kind == HandleKind.MethodDefinition ? Token(member.Parent) : Type(member.Parent)).Concat(Enums(types));
    }

    private IEnumerable<string> Token(MethodSpecificationHandle handle)
    {
        var method = reader.GetMethodSpecification(handle);
        return Token(method.Method).Concat(method.DecodeSignature(NamesInSignature.Provider, null).SelectMany(names => names));
    }

    private ImmutableArray<string> Type(EntityHandle handle) => handle.IsNil ? [] : handle.Kind switch
    {
        HandleKind.TypeDefinition => [TypeName.Of(reader, (TypeDefinitionHandle)handle)],
        HandleKind.TypeReference => [TypeName.Of(reader, (TypeReferenceHandle)handle)],
        HandleKind.TypeSpecification => reader.GetTypeSpecification((TypeSpecificationHandle)handle)
            .DecodeSignature(NamesInSignature.Provider, null),
        _ => [],
    };

    // A value of an enumeration is a number in the code that uses it: the member that it goes to or comes from says what it was.
    private IEnumerable<string> Enums(IEnumerable<string> names) => names.Where(enums.Contains);

    private static ImmutableArray<string> Names(MethodSignature<ImmutableArray<string>> signature)
        => [.. signature.ReturnType, .. signature.ParameterTypes.SelectMany(names => names)];
}
