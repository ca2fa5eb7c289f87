using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.Metadata.Ecma335;
using System.Reflection.PortableExecutable;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.Internals;

/// <summary>
/// Bdia.MLNet is compiled against copies of ML.NET whose internals are public, and runs on ML.NET itself. A member that an update of
/// ML.NET removes or changes would be missed only when a user's program reaches it; here it is missed by name.
/// </summary>
public class MLNetInternalsTests
{
    private static readonly Assembly Library = Assembly.Load("Bdia.MLNet");

    [Fact]
    public void Everything_that_is_used_of_ML_NET_is_still_there()
    {
        using var image = new PEReader(File.OpenRead(Library.Location));
        var metadata = image.GetMetadataReader();

        var used = metadata.MemberReferences
            .Where(handle => OwnerAssembly(metadata, metadata.GetMemberReference(handle).Parent)?.StartsWith("Microsoft.ML", StringComparison.Ordinal) == true)
            .ToList();
        var gone = used.Where(handle => !Resolves(handle)).Select(handle => Name(metadata, metadata.GetMemberReference(handle)));

        Assert.NotEmpty(used);
        var list = string.Join(", ", gone);
        Assert.True(list.Length == 0, $"ML.NET {typeof(MLContext).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion} no longer has what Bdia.MLNet uses of its internals: {list}. "
            + "Adapt src/Bdia.MLNet and narrow the version range in Directory.Packages.props.");
    }

    [Fact]
    public void Every_type_that_derives_from_ML_NETs_still_loads() => Assert.NotEmpty(Library.GetTypes());

    [Theory]
    [InlineData("Microsoft.ML.Core")]
    [InlineData("Microsoft.ML.Data")]
    public void What_runs_is_ML_NET_as_published(string name) =>
        Assert.Contains(Assembly.Load(name).GetTypes(), type => type.IsNotPublic && type.Namespace == "Microsoft.ML.Data");

    private static bool Resolves(MemberReferenceHandle handle)
    {
        // Stands for the type parameters of generic code of ours; which type it is does not matter here.
        var any = Enumerable.Repeat(typeof(int), 8).ToArray();
        try
        {
            return Library.ManifestModule.ResolveMember(MetadataTokens.GetToken(handle), any, any) is not null;
        }
        catch (Exception e) when (e is MissingMemberException or TypeLoadException or BadImageFormatException)
        {
            return false;
        }
    }

    private static string? OwnerAssembly(MetadataReader metadata, EntityHandle type)
    {
        while (type.Kind is HandleKind.TypeReference)
        {
            var scope = metadata.GetTypeReference((TypeReferenceHandle)type).ResolutionScope;
            if (scope.Kind == HandleKind.AssemblyReference)
                return metadata.GetString(metadata.GetAssemblyReference((AssemblyReferenceHandle)scope).Name);
            type = scope;
        }

        return type.Kind == HandleKind.TypeSpecification
            ? OwnerAssembly(metadata, GenericDefinition(metadata, (TypeSpecificationHandle)type))
            : null;
    }

    // A constructed type is recorded as GENERICINST, CLASS or VALUETYPE, and the token of its definition (ECMA-335, II.23.2.12).
    private static EntityHandle GenericDefinition(MetadataReader metadata, TypeSpecificationHandle type)
    {
        var signature = metadata.GetBlobReader(metadata.GetTypeSpecification(type).Signature);
        if (signature.ReadSignatureTypeCode() != SignatureTypeCode.GenericTypeInstance)
            return default;
        signature.ReadCompressedInteger();
        return signature.ReadTypeHandle();
    }

    private static string Name(MetadataReader metadata, MemberReference member)
    {
        var owner = member.Parent.Kind == HandleKind.TypeSpecification ? GenericDefinition(metadata, (TypeSpecificationHandle)member.Parent) : member.Parent;
        var type = owner.Kind == HandleKind.TypeReference ? metadata.GetString(metadata.GetTypeReference((TypeReferenceHandle)owner).Name) : "?";
        return $"{type}.{metadata.GetString(member.Name)}";
    }
}
