using static TorchSharp.torch;

namespace Bdia.Core.Pretrained;

/// <summary>A tensor of a network, where it is in a file: one tensor there, or several that are put together.</summary>
/// <param name="Name">As timm names it.</param>
/// <param name="Parts">Names in the file; they are joined along the first dimension.</param>
/// <param name="Shape">Of the whole.</param>
/// <param name="Types">Element types of the parts.</param>
internal sealed record FileTensor(string Name, IReadOnlyList<string> Parts, long[] Shape, IReadOnlyList<ScalarType> Types)
{
    /// <summary>What it is called in messages: as the file names it, and as timm does where that is something else.</summary>
    public string Title => Parts is [var one] && one == Name ? $"'{Name}'"
        : $"{string.Join(" + ", Parts.Select(part => $"'{part}'"))} (timm: '{Name}')";

    /// <summary>Whether its values are numbers that weights can have.</summary>
    public bool IsFloat => Types.All(type => type is ScalarType.Float32 or ScalarType.Float64 or ScalarType.Float16 or ScalarType.BFloat16);

    /// <summary>The tensor, float32, of those of the file; in the caller's dispose scope.</summary>
    public Tensor Read(IReadOnlyDictionary<string, Tensor> file)
    {
        using var scope = NewDisposeScope();
        var parts = Parts.Select(part => file[part].to(ScalarType.Float32)).ToArray();
        return (parts is [var one] ? one.alias() : cat(parts, 0)).MoveToOuterDisposeScope();
    }
}
