using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.Internals;

/// <summary>
/// What this library uses of ML.NET's internals is compiled against one version. The first test says in plain words what an update of
/// ML.NET took away, before anything fails far from the cause.
/// </summary>
public class MLNetInternalsTests
{
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Everything_that_we_use_of_ML_NET_is_still_there()
    {
        var missing = References().Where(reference => Find(reference) is null).ToList();

        Assert.True(missing.Count == 0,
            $"ML.NET {typeof(MLContext).Assembly.GetName().Version} lacks what Bdia.MLNet was compiled against: "
                + $"{string.Join(", ", missing)}. " +
            "Compare src/Bdia.MLNet/Internals with the new sources of ML.NET, or go back to the former version in "
                + "Directory.Packages.props.");
    }

    [Fact]
    public void Internals_are_used_in_their_own_folder_alone()
    {
        using var file = Open();
        var metadata = file.GetMetadataReader();
        var internals = metadata.TypeReferences.Select(handle => (EntityHandle)handle)
            .Concat(metadata.MemberReferences.Select(handle => (EntityHandle)handle))
            .Where(handle => Describe(metadata, handle) is { } reference && Find(reference) is { } member && !IsPublic(member))
            .Select(handle => MetadataTokens.GetToken(handle)).ToHashSet();

        var elsewhere = metadata.TypeDefinitions.Select(metadata.GetTypeDefinition)
            .Where(type => !Outermost(metadata, type).StartsWith("Bdia.MLNet.Internals.", StringComparison.Ordinal))
            .SelectMany(type => type.GetMethods()).Select(metadata.GetMethodDefinition).Where(method => method.RelativeVirtualAddress != 0)
            .Where(method => Uses(file.GetMethodBody(method.RelativeVirtualAddress).GetILBytes()!, internals))
            .Select(method => $"{Outermost(metadata, metadata.GetTypeDefinition(method.GetDeclaringType()))}: "
                + $"{metadata.GetString(method.Name)}").ToList();

        Assert.NotEmpty(internals);
        Assert.Empty(elsewhere);
    }

    // call, callvirt, newobj, castclass, isinst, ldfld, stfld, ldsfld, ldtoken: one byte, then the token of what is used.
    private static bool Uses(byte[] code, HashSet<int> tokens) => Enumerable.Range(0, Math.Max(0, code.Length - 4))
        .Any(i => code[i] is 0x28 or 0x6f or 0x73 or 0x74 or 0x75 or 0x7b or 0x7d or 0x7e or 0xd0
            && tokens.Contains(BitConverter.ToInt32(code, i + 1)));

    private static string Outermost(MetadataReader metadata, TypeDefinition type)
    {
        while (type.IsNested)
            type = metadata.GetTypeDefinition(type.GetDeclaringType());
        return $"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}";
    }

    private static bool IsPublic(MemberInfo member) => member switch
    {
        MethodBase method => method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly,
        FieldInfo field => field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly,
        Type type => type.IsVisible,
        _ => true,
    } && (member.DeclaringType?.IsVisible ?? true);

    private sealed record Reference(string Assembly, string Type, string? Member, int Parameters)
    {
        public override string ToString() => Member is null ? Type : $"{Type}.{Member} with {Parameters} parameters";
    }

    private static MemberInfo? Find(Reference reference)
    {
        var type = Assembly.Load(reference.Assembly).GetType(reference.Type);
        if (type is null || reference.Member is null)
            return type;
        return type.GetMember(reference.Member, Everything)
            .FirstOrDefault(member => member is not MethodBase method || method.GetParameters().Length == reference.Parameters);
    }

    private static PEReader Open() => new([.. File.ReadAllBytes(typeof(BdiaImageClassificationTrainer).Assembly.Location)]);

    private static List<Reference> References()
    {
        using var file = Open();
        var metadata = file.GetMetadataReader();
        return [.. metadata.TypeReferences.Select(handle => (EntityHandle)handle)
            .Concat(metadata.MemberReferences.Select(handle => (EntityHandle)handle))
            .Select(handle => Describe(metadata, handle)).OfType<Reference>()];
    }

    /// <summary>What a token of our assembly means in ML.NET, or null where it means something else.</summary>
    private static Reference? Describe(MetadataReader metadata, EntityHandle handle)
    {
        if (handle.Kind == HandleKind.TypeReference)
        {
            var type = (TypeReferenceHandle)handle;
            return IsMLNet(metadata, type) ? new Reference(AssemblyOf(metadata, type), NameOf(metadata, type), null, 0) : null;
        }
        var member = metadata.GetMemberReference((MemberReferenceHandle)handle);
        if (member.Parent.Kind != HandleKind.TypeReference || !IsMLNet(metadata, (TypeReferenceHandle)member.Parent))
            return null;
        var parent = (TypeReferenceHandle)member.Parent;
        var parameters = member.GetKind() == MemberReferenceKind.Method ? ParameterCount(metadata.GetBlobReader(member.Signature)) : 0;
        return new Reference(AssemblyOf(metadata, parent), NameOf(metadata, parent), metadata.GetString(member.Name), parameters);
    }

    private static bool IsMLNet(MetadataReader metadata, TypeReferenceHandle type)
        => AssemblyOf(metadata, type) is "Microsoft.ML.Core" or "Microsoft.ML.Data";

    private static string AssemblyOf(MetadataReader metadata, TypeReferenceHandle type)
        => metadata.GetTypeReference(type).ResolutionScope switch
    {
        { Kind: HandleKind.AssemblyReference } scope =>
            metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name),
        { Kind: HandleKind.TypeReference } outer => AssemblyOf(metadata, (TypeReferenceHandle)outer),
        _ => "",
    };

    private static string NameOf(MetadataReader metadata, TypeReferenceHandle handle)
    {
        var type = metadata.GetTypeReference(handle);
        var name = metadata.GetString(type.Name);
        return type.ResolutionScope.Kind == HandleKind.TypeReference
            ? $"{NameOf(metadata, (TypeReferenceHandle)type.ResolutionScope)}+{name}"
            : type.Namespace.IsNil ? name : $"{metadata.GetString(type.Namespace)}.{name}";
    }

    // ECMA-335 II.23.2.1: calling convention, number of type parameters where generic, number of parameters.
    private static int ParameterCount(BlobReader signature)
    {
        var header = signature.ReadSignatureHeader();
        if (header.IsGeneric)
            signature.ReadCompressedInteger();
        return signature.ReadCompressedInteger();
    }
}
