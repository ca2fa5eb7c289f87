using System.Text.Json;
using System.Text.RegularExpressions;

namespace Bdia.Core.Pretrained;

/// <summary>
/// The config.json that timm writes beside weights: the name of the network, what its constructor is given, and its pixels.
/// </summary>
internal static partial class TimmConfig
{
    private const string Arguments = "model_args", Pretrained = "pretrained_cfg", Architecture = "architecture";

    // Only training reads these, or they say how weights begin.
    private static readonly string[] OfTraining =
    [
        "drop_rate", "pos_drop_rate", "patch_drop_rate", "proj_drop_rate", "attn_drop_rate", "drop_path_rate", "weight_init", "fix_init",
        "pretrained", "pretrained_cfg", "pretrained_cfg_overlay", "scriptable", "exportable", "no_jit",
    ];

    private static readonly string[] Known =
    [
        "img_size", "patch_size", "in_chans", "num_classes", "embed_dim", "depth", "num_heads", "mlp_ratio", "qkv_bias", "qk_norm",
        "init_values", "class_token", "reg_tokens", "no_embed_class", "pre_norm", "global_pool", "dynamic_img_size",
    ];

    public static bool Is(JsonElement json) => json.TryGetProperty(Architecture, out _) || json.TryGetProperty(Arguments, out _);

    public static NetworkConfig Read(string path, JsonElement json)
    {
        var reader = new ConfigReader(path);
        var architecture = json.TryGetProperty(Architecture, out var named) ? ConfigReader.Text(named) : null;
        var arguments = json.TryGetProperty(Arguments, out var given) && given.ValueKind == JsonValueKind.Object ? given : Empty;
        var pretrained = json.TryGetProperty(Pretrained, out var about) && about.ValueKind == JsonValueKind.Object ? about : Empty;
        CheckArchitecture(architecture, reader);
        CheckArguments(arguments, reader);
        var layerScale = reader.Number(arguments, "init_values");
        var pool = arguments.TryGetProperty("global_pool", out var pooling) || json.TryGetProperty("global_pool", out pooling)
            ? ConfigReader.Text(pooling) : null;
        if (pool is not (null or "token" or "avg")) reader.Refuse($"global_pool '{pool}', where 'token' and 'avg' are known");
        var patches = reader.Integer(arguments, "patch_size") ?? OfName(architecture, PatchInName());
        return new()
        {
            Name = path,
            Architecture = architecture,
            Image = reader.Sides(arguments, "img_size"),
            PatchSize = patches,
            Channels = reader.Integer(arguments, "in_chans"),
            Width = reader.Integer(arguments, "embed_dim"),
            Depth = reader.Integer(arguments, "depth"),
            Heads = reader.Integer(arguments, "num_heads"),
            FeedForwardRatio = reader.Number(arguments, "mlp_ratio"),
            Classes = reader.Integer(arguments, "num_classes") ?? reader.Integer(json, "num_classes"),
            // timm's ViT has 1e-6 throughout, but for those that came from CLIP.
            Epsilon = architecture?.Contains("_clip", StringComparison.Ordinal) == true ? 1e-5 : null,
            HasClassToken = reader.Switch(arguments, "class_token"),
            Averages = pool is null ? null : pool == "avg",
            RegisterTokens = reader.Integer(arguments, "reg_tokens"),
            PositionsOfPatches = reader.Switch(arguments, "no_embed_class"),
            PreNorm = reader.Switch(arguments, "pre_norm"),
            QueryKeyNorm = reader.Switch(arguments, "qk_norm"),
            LayerScale = layerScale is null ? null : layerScale != 0,
            QueryKeyValueBias = reader.Switch(arguments, "qkv_bias"),
            ClassNames = ConfigReader.Texts(json, "label_names") ?? ConfigReader.Texts(pretrained, "label_names"),
            Pixels = reader.Pixels(pretrained, "mean", "std"),
            Refused = reader.Refused,
        };
    }

    private static JsonElement Empty { get; } = JsonDocument.Parse("{}").RootElement.Clone();

    private static void CheckArchitecture(string? architecture, ConfigReader reader)
    {
        if (architecture is null) return;
        if (!VisionTransformer().IsMatch(architecture)) reader.Refuse($"the network '{architecture}', which is no vision transformer of "
            + "timm's");
        if (architecture.Contains("quickgelu", StringComparison.Ordinal)) reader.Refuse($"the activation of '{architecture}' (quick_gelu)");
        if (architecture.Contains("siglip", StringComparison.Ordinal)) reader.Refuse($"pooling and activation of '{architecture}'");
    }

    private static void CheckArguments(JsonElement arguments, ConfigReader reader)
    {
        foreach (var argument in arguments.EnumerateObject())
        {
            if (Known.Contains(argument.Name) || OfTraining.Contains(argument.Name)) continue;
            var value = ConfigReader.Text(argument.Value);
            var isUsual = argument.Value.ValueKind == JsonValueKind.Null || argument.Name switch
            {
                "final_norm" or "proj_bias" => value == "true",
                "fc_norm" => true, // the names of the tensors tell
                "pos_embed" => value == "learn",
                "act_layer" => value is "gelu",
                "norm_layer" => value is "layernorm",
                "scale_attn_norm" or "scale_mlp_norm" or "dynamic_img_pad" => value == "false",
                _ => false,
            };
            if (!isUsual) reader.Refuse($"{argument.Name} {value}");
        }
    }

    private static int? OfName(string? architecture, Regex pattern)
        => architecture is not null && pattern.Match(architecture) is { Success: true } match ? int.Parse(match.Groups[1].Value) : null;

    [GeneratedRegex("^(vit|deit|deit3|flexivit)_")]
    private static partial Regex VisionTransformer();

    [GeneratedRegex(@"_patch(\d{1,3})(_|$)")]
    private static partial Regex PatchInName();
}
