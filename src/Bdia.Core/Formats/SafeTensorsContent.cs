using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>What a safetensors stream holds. Owns its tensors: disposing the content frees them.</summary>
public sealed class SafeTensorsContent : IDisposable
{
    private readonly Dictionary<string, Tensor> tensors;

    internal SafeTensorsContent(Dictionary<string, Tensor> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        this.tensors = tensors;
        Metadata = metadata;
    }

    /// <summary>The tensors by name, on the CPU, without gradients, in the order of the stream.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors => tensors;

    /// <summary>The free text by name; empty where the stream has none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; }

    internal void Add(string name, Tensor tensor) => tensors.Add(name, tensor);

    /// <summary>Frees the tensors. Calling it again does nothing.</summary>
    public void Dispose()
    {
        foreach (var tensor in tensors.Values) tensor.Dispose();
        tensors.Clear();
    }
}
