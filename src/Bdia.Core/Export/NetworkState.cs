using Bdia.Core.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Export;

/// <summary>
/// The weights of a network by name, each of which a graph of it must have a place for: a network that has more than its graph knows of is
/// refused, not written in part.
/// </summary>
internal sealed class NetworkState(nn.Module network)
{
    private readonly IReadOnlyDictionary<string, Tensor> tensors = ModuleState.Save(network);
    private readonly HashSet<string> taken = [];

    /// <summary>A weight.</summary>
    /// <exception cref="NotSupportedException">The network has none of that name.</exception>
    public Tensor Take(string name) => TakeIfAny(name)
        ?? throw new NotSupportedException(
            $"The {network.GetName()} has no weights '{name}', which its ONNX form needs. Nothing was written.");

    /// <summary>A weight, or null where the network does without.</summary>
    public Tensor? TakeIfAny(string name)
    {
        taken.Add(name);
        return tensors.GetValueOrDefault(name);
    }

    /// <summary>Makes sure that nothing was left out.</summary>
    /// <exception cref="NotSupportedException">Names every weight that nobody took.</exception>
    public void RequireAllTaken()
    {
        var left = tensors.Keys.Except(taken).ToArray();
        if (left.Length > 0)
            throw new NotSupportedException($"The {network.GetName()} has weights that its ONNX form has no place for: "
                + $"{string.Join(", ", left)}. Nothing was written.");
    }
}
