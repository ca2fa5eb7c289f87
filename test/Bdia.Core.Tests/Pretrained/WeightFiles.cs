using Bdia.Core.Formats;
using Bdia.Core.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Pretrained;

/// <summary>A folder with weights of others in it, which is gone when the test is over.</summary>
internal sealed class WeightFiles : IDisposable
{
    public static VisionTransformerOptions Small => new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 3, Classes = 5, PatchSize = 2, Width = 16, Depth = 2, Heads = 2, FeedForwardWidth = 24,
    };

    private string Folder { get; } = Directory.CreateTempSubdirectory("bdia-test-").FullName;

    public string Path(string name = "model.safetensors") => System.IO.Path.Combine(Folder, name);

    /// <summary>Writes a file of the folder.</summary>
    public string Text(string name, string text)
    {
        File.WriteAllText(Path(name), text);
        return Path(name);
    }

    /// <summary>Writes a network's weights, changed as asked.</summary>
    public string Weights(VisionTransformerOptions options, Action<Dictionary<string, Tensor>>? change = null,
        string name = "model.safetensors")
    {
        using var scope = NewDisposeScope();
        using var network = new VisionTransformer(options, 3);
        var tensors = ModuleState.Save(network).ToDictionary(item => item.Key, item => item.Value.detach());
        change?.Invoke(tensors);
        using var stream = File.Create(Path(name));
        SafeTensors.Write(stream, tensors);
        return Path(name);
    }

    /// <summary>Writes tensors of zeros.</summary>
    public string Zeros(params (string Name, long[] Shape)[] tensors)
    {
        using var scope = NewDisposeScope();
        using var stream = File.Create(Path());
        SafeTensors.Write(stream, tensors.Select(tensor => KeyValuePair.Create(tensor.Name, zeros(tensor.Shape))));
        return Path();
    }

    public void Dispose() => Directory.Delete(Folder, recursive: true);
}
