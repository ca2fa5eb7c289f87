using System.Reflection;
using System.Xml.Linq;
using Bdia.Core.Simd;
using Bdia.Tests;
using TorchSharp;

namespace Bdia.Core.Tests.Architecture;

/// <summary>
/// One face per operation (docs/decisions/one-face-per-operation.md), read off the compiled library: who asks whether a kernel serves, who
/// calls a kernel, and what a kernel says it is equal to.
/// </summary>
public class OperationFaceTests
{
    private static readonly Assembly Library = typeof(CpuKernels).Assembly;

    // Each holds libtorch's form, and is the only one to choose between that and the kernel.
    private static readonly string[] Faces =
    [
        "AdamWGradients", "CachedAttention", "CrossEntropy", "DenseProduct", "Encoder", "LayerNormalization", "OutputLoss",
        "StackGradients", "StepKernel", "TopTokens", "TransformerBlock",
    ];

    // Kernel -> who calls it, but for other kernels: its face, and what the face or the kernel is made of.
    private static readonly Dictionary<string, string[]> Callers = new()
    {
        ["AdamWKernel"] = ["AdamWGradients"],
        ["AttentionKernel"] = ["AttentionCore"],
        ["CachedAttentionKernel"] = ["CachedAttention", "KeyValueView"],
        ["CrossEntropyKernel"] = ["CrossEntropy", "OutputLoss"],
        ["DecoderStepKernel"] = ["TransformerBlock"],
        ["EncoderKernel"] = ["Encoder"],
        ["GeluKernel"] = ["DecoderStep", "EncoderPart", "EncoderRest", "Gelu"],
        ["GradientKernel"] = ["StackGradients"],
        ["LayerNormKernel"] = ["LayerNormalization"],
        ["SimdStepKernel"] = [], // by its interface; StepKernel hands it out
        ["TopTokensKernel"] = ["TopTokens"],
        ["TransposedDenseKernel"] = ["DenseProduct"],
    };

    // Who asks where a tensor is: the predicate and the reader of memory; and those whose answer is no choice between a kernel and
    // libtorch.
    private static readonly string[] Askers =
    [
        "Attention", // which of libtorch's own ways
        "BFloat16Products", // in which number format libtorch multiplies
        "BlockRandom", // the same masks, by operations on other devices
        "CpuKernels",
        "FiniteValues", // a file's weights are looked through where they lie
        "Moment", // in eight bits it is for the CPU alone, and refuses others
        "TensorMemory",
    ];

    [Fact]
    public void The_faces_of_operations_alone_ask_whether_a_kernel_serves()
        => Assert.Equal(Faces, WhoCalls(called => called.DeclaringType == typeof(CpuKernels) && called.Name == nameof(CpuKernels.Serve)));

    [Fact]
    public void A_kernel_is_called_by_its_face_alone()
        => Assert.Equal(
            Callers.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key} by {string.Join(", ", pair.Value)}"),
            Kernels().Select(kernel => $"{Name(kernel)} by {string.Join(", ", WhoCalls(called => Outermost(called.DeclaringType) == kernel)
                .Where(name => !name.EndsWith("Kernel", StringComparison.Ordinal) || name == "StepKernel"))}"));

    [Fact]
    public void Where_a_tensor_is_is_asked_in_few_places()
        => Assert.Equal(Askers, WhoCalls(called => called.DeclaringType == typeof(torch.Tensor) && called.Name == "get_device_type"));

    [Fact]
    public void A_kernel_says_first_what_it_is_equal_to()
        => SourceTree.AssertNone(Kernels().Where(kernel => Reference(kernel) is not { } name || Exists(name) is false)
            .Select(kernel => $"The summary of {kernel.FullName} does not begin with a see cref of its reference."));

    [Fact]
    public void Every_kernel_is_known() => Assert.Equal(Callers.Keys.Order(StringComparer.Ordinal), Kernels().Select(Name));

    // Types that compute; what another one is equal to is no kernel, though it may be called so.
    private static IEnumerable<Type> Kernels()
    {
        var types = Library.GetTypes()
            .Where(type => type is { IsNested: false, IsInterface: false } && Name(type).EndsWith("Kernel", StringComparison.Ordinal)
            && !Faces.Contains(Name(type))).ToArray();
        var references = types.Select(Reference).ToArray();
        return types.Where(type => !references.Contains($"T:{type.FullName}")).OrderBy(Name, StringComparer.Ordinal);
    }

    // The member that a summary begins with, as documentation files name it.
    private static string? Reference(Type kernel)
    {
        var first = Documentation.Value.GetValueOrDefault($"T:{kernel.FullName}")?.Nodes()
            .FirstOrDefault(node => node is not XText text || text.Value.Trim().Length > 0);
        return (first as XElement)?.Attribute("cref")?.Value;
    }

    private static readonly Lazy<Dictionary<string,
        XElement?>> Documentation = new(() => XDocument.Load(Path.ChangeExtension(Library.Location, ".xml"))
        .Descendants("member").ToDictionary(member => member.Attribute("name")!.Value, member => member.Element("summary")));

    // The compiler writes "!:" before what it does not find.
    private static bool Exists(string reference)
        => reference[0] is 'T' or 'M'
        && Library.GetTypes().Any(type => reference[2..].StartsWith(type.FullName!, StringComparison.Ordinal));

    private static string[] WhoCalls(Func<MethodBase, bool> isMeant)
        => [.. Library.GetTypes().Where(
            type => ScalarScan.Methods(type).SelectMany(ScalarScan.Calls)
            .Any(called => isMeant(called) && Outermost(called.DeclaringType) != Outermost(type)))
            .Select(type => Name(Outermost(type)!)).Distinct().Order(StringComparer.Ordinal)];

    private static Type? Outermost(Type? type)
    {
        while (type?.DeclaringType is { } outer) type = outer;
        return type is { IsGenericType: true } ? type.GetGenericTypeDefinition() : type;
    }

    private static string Name(Type type) => type.Name.Split('`')[0];
}
