using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Reversible;

namespace Bdia.Core.Tests.Golden;

/// <summary>A vision transformer with the numbers that timm and torch give for it. See the README beside the files.</summary>
internal sealed class GoldenCase
{
    // timm's constructor arguments that our options have; i_dynamic's further sizes are not ours, its own size is.
    private static readonly string[] Known =
    [
        "img_size", "patch_size", "in_chans", "embed_dim", "depth", "num_heads", "mlp_ratio", "num_classes", "dynamic_img_size",
        "global_pool", "class_token", "reg_tokens", "no_embed_class", "pre_norm", "qk_norm", "init_values", "qkv_bias",
    ];

    private readonly JsonElement json;
    private readonly JsonElement arguments;

    private GoldenCase(JsonElement json)
    {
        this.json = json;
        arguments = json.GetProperty("timm_args");
    }

    /// <summary>
    /// The names of all cases that our network can be given, of those with a file under a key of the manifest; one that is absent where
    /// there are no files.
    /// </summary>
    public static IEnumerable<string> Names(string withFile = "numbers")
    {
        var names = SharedData.Find("golden", "manifest.json") is null ? []
            : Manifest().Where(item => item.arguments.ValueKind == JsonValueKind.Object && item.IsOurs
                && item.json.TryGetProperty(withFile, out _)).Select(item => item.Name).ToArray();
        return names.Length > 0 ? names : ["absent"];
    }

    /// <summary>The case of that name; skips the test where the files are absent.</summary>
    public static GoldenCase Read(string name)
    {
        SharedData.Require("golden", "manifest.json");
        return Manifest().Single(item => item.Name == name);
    }

    public string Name => json.GetProperty("name").GetString()!;

    /// <summary>Whether its numbers are what the head reads, for want of a head.</summary>
    public bool HasHead => Argument("num_classes", 1000) > 0;

    private bool IsOurs => arguments.EnumerateObject().All(argument => Known.Contains(argument.Name));

    /// <summary>The same network by our options.</summary>
    public VisionTransformerOptions Options(BdiaStackOptions stack) => new()
    {
        ImageHeight = json.GetProperty("image")[0].GetInt32(),
        ImageWidth = json.GetProperty("image")[1].GetInt32(),
        Channels = Argument("in_chans", 3),
        Classes = Math.Max(2, Argument("num_classes", 1000)),
        PatchSize = Argument("patch_size", 16),
        Width = Argument("embed_dim", 768),
        Depth = Argument("depth", 12),
        Heads = Argument("num_heads", 12),
        FeedForwardWidth = Argument("embed_dim", 768) * Argument("mlp_ratio", 4),
        Pooling = Text("global_pool") == "avg" ? VisionTransformerPooling.Average : VisionTransformerPooling.ClassToken,
        RegisterTokens = Argument("reg_tokens", 0),
        PositionsOfPatches = Switch("no_embed_class"),
        PreNorm = Switch("pre_norm"),
        QueryKeyNorm = Switch("qk_norm"),
        LayerScale = arguments.TryGetProperty("init_values", out _),
        OmitQueryKeyValueBias = arguments.TryGetProperty("qkv_bias", out var bias) && !bias.GetBoolean(),
        Stack = stack,
    };

    /// <summary>Our network with timm's weights, which it takes under timm's own names.</summary>
    /// <param name="stack">How its stack runs.</param>
    /// <param name="rounded">"float16" or "bfloat16" for the weights that are stored in that format; null for those in float32.</param>
    public VisionTransformer Model(BdiaStackOptions stack, string? rounded = null)
    {
        using var content = Open(rounded is null ? json.GetProperty("weights").GetString()! : $"{Name}.{rounded}.safetensors");
        var model = new VisionTransformer(Options(stack), seed: 0);
        var tensors = content.Tensors.ToDictionary(item => item.Key, item => item.Value.to(TorchSharp.torch.ScalarType.Float32));
        if (!HasHead)
            foreach (var (head, value) in ModuleState.Save(model).Where(item => item.Key.StartsWith("head.", StringComparison.Ordinal)))
                tensors.Add(head, value);
        ModuleState.Load(model, tensors);
        return model;
    }

    /// <summary>What timm calls the network's output: logits, or what a head would read.</summary>
    public TorchSharp.torch.Tensor Output(VisionTransformer model, TorchSharp.torch.Tensor images)
        => HasHead ? model.forward(images) : model.Features(images);

    /// <summary>The tensors of the file under a key of the manifest: "numbers", "gradients" or "adamw".</summary>
    public SafeTensorsContent Content(string key) => Open(json.GetProperty(key).GetString()!);

    private string? Text(string name) => arguments.TryGetProperty(name, out var value) ? value.GetString() : null;

    private bool Switch(string name) => arguments.TryGetProperty(name, out var value) && value.GetBoolean();

    private int Argument(string name, int otherwise)
        => arguments.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.Number ? (int)value.GetDouble() : otherwise;

    private static SafeTensorsContent Open(string name)
    {
        using var stream = File.OpenRead(SharedData.Require("golden", name));
        return SafeTensors.Read(stream);
    }

    private static IEnumerable<GoldenCase> Manifest()
    {
        using var document = JsonDocument.Parse(File.ReadAllText(SharedData.Find("golden", "manifest.json")!));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Where(item => item.TryGetProperty("timm_args", out _))
            .Select(item => new GoldenCase(item.Clone()))];
    }
}
