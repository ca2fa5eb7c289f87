using System.Text.Json;

namespace Bdia.Core.Pretrained;

/// <summary>The config.json of Hugging Face's ViT. What it leaves out has the default of that library's ViTConfig.</summary>
internal static class TransformersConfig
{
    /// <summary>The library's default, which no weights file holds.</summary>
    public const double Epsilon = 1e-12;

    private const string Kind = "model_type";

    public static bool Is(JsonElement json) => json.TryGetProperty(Kind, out _);

    public static NetworkConfig Read(string path, JsonElement json)
    {
        var reader = new ConfigReader(path);
        var kind = ConfigReader.Text(json.GetProperty(Kind));
        if (kind is not ("vit" or "deit")) reader.Refuse($"a network of kind '{kind}', where only 'vit' is known");
        reader.Require(json, "hidden_act", "gelu");
        return new()
        {
            Name = path,
            Architecture = kind,
            Image = reader.Sides(json, "image_size") ?? (224, 224),
            PatchSize = reader.Side(json, "patch_size") ?? 16,
            Channels = reader.Integer(json, "num_channels") ?? 3,
            Width = reader.Integer(json, "hidden_size") ?? 768,
            Depth = reader.Integer(json, "num_hidden_layers") ?? 12,
            Heads = reader.Integer(json, "num_attention_heads") ?? 12,
            FeedForwardWidth = reader.Integer(json, "intermediate_size") ?? 3072,
            Epsilon = reader.Number(json, "layer_norm_eps") ?? Epsilon,
            QueryKeyValueBias = reader.Switch(json, "qkv_bias") ?? true,
            HasClassToken = true,
            Averages = false,
            RegisterTokens = 0,
            PositionsOfPatches = false,
            PreNorm = false,
            QueryKeyNorm = false,
            LayerScale = false,
            ClassNames = Names(json),
            Refused = reader.Refused,
        };
    }

    /// <summary>What the preprocessor_config.json beside it says of pixels; null where there is none.</summary>
    public static PixelStatistics? Pixels(string weights, List<string> refused)
    {
        if (ConfigReader.Find(weights, "preprocessor_config.json") is not var (path, document)) return null;
        using (document)
        {
            var reader = new ConfigReader(path);
            var json = document.RootElement;
            var pixels = reader.Switch(json, "do_normalize") == false ? new([0, 0, 0], [1, 1, 1])
                : reader.Pixels(json, "image_mean", "image_std");
            if (reader.Number(json, "rescale_factor") is { } factor && Math.Abs(factor * 255 - 1) > 1e-6)
                reader.Refuse($"rescale_factor {factor}, where pixels from 0 to 255 are taken to 0 to 1");
            if (reader.Switch(json, "do_rescale") == false) reader.Refuse("do_rescale false, where pixels from 0 to 255 are taken to 0 "
                + "to 1");
            refused.AddRange(reader.Refused);
            return pixels;
        }
    }

    // "LABEL_0" and so on are what the library writes where nobody has named them.
    private static string[]? Names(JsonElement json)
    {
        if (!json.TryGetProperty("id2label", out var labels) || labels.ValueKind != JsonValueKind.Object) return null;
        var names = new string?[labels.EnumerateObject().Count()];
        foreach (var label in labels.EnumerateObject())
        {
            if (!int.TryParse(label.Name, out var number) || number < 0 || number >= names.Length
                || label.Value.ValueKind != JsonValueKind.String) return null;
            names[number] = label.Value.GetString();
        }

        return names.Contains(null) || names.Index().All(item => item.Item == $"LABEL_{item.Index}") ? null : [.. names.OfType<string>()];
    }
}
