using Bdia.Core.Formats;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>A copy of some weights on the CPU, which stays as it is while the module trains on.</summary>
internal sealed class WeightCopy : IDisposable
{
    private Dictionary<string, Tensor> tensors = [];

    /// <summary>The tensors by name; empty while nothing was kept.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => tensors;

    /// <summary>Takes a copy in place of the one before, in the same memory.</summary>
    public void Keep(IReadOnlyDictionary<string, Tensor> weights)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        if (tensors.Count == 0)
        {
            tensors = weights.ToDictionary(
                pair => pair.Key, pair => pair.Value.detach().to(CPU, copy: true).DetachFromDisposeScope(), StringComparer.Ordinal);
            return;
        }

        foreach (var (name, tensor) in weights) tensors[name].copy_(tensor);
    }

    /// <summary>Puts the copy back into the module; leaves it as it is where nothing was kept.</summary>
    public void Restore(nn.Module module)
    {
        if (tensors.Count > 0) ModuleState.Copy(module, tensors);
    }

    public void Dispose()
    {
        foreach (var tensor in tensors.Values) tensor.Dispose();
        tensors.Clear();
    }
}
