using System.Text.RegularExpressions;
using Bdia.Core.Formats;

namespace Bdia.Core.Pretrained;

/// <summary>Networks that are none of ours, told by the names of their tensors, so that a message can say what a file is.</summary>
internal static partial class OtherNetworks
{
    private static readonly (string What, Func<Regex> Name)[] Families =
    [
        ("a head alone, without the network before it", HeadAlone),
        ("a BERT or RoBERTa", Bert), ("a GPT-2", Gpt), ("a T5", T5), ("a CLIP model", Clip), ("a Swin transformer", Swin),
        ("a ConvNeXt", ConvNeXt), ("an MLP-Mixer", Mixer), ("a ResNet", ResNet), ("an EfficientNet or MobileNet", Mobile),
        ("an encoder-decoder for texts", Translator),
    ];

    private static readonly (string What, Func<Regex> Name)[] Variants =
    [
        ("distilled, with a second token (DeiT)", Distilled), ("pooled by attention (SigLIP)", AttentionPool),
        ("relative positions (BEiT)", RelativePositions), ("rotary positions", RotaryPositions),
        ("a gated feed-forward layer (SwiGLU)", Gated), ("a norm inside of attention or feed-forward layer", InnerNorm),
        ("query, key and value apart", Apart), ("convolutions before the patches (hybrid)", Hybrid),
        ("a norm of the patches", PatchNorm), ("weights that are low-rank or quantised", Adapter), ("BEiT's layer scale", BeitScale),
        ("parallel layers", Parallel),
    ];

    /// <summary>What a file without a vision transformer's patches is; null where that cannot be told.</summary>
    public static string? Family(IReadOnlyList<SafeTensorsEntry> entries)
    {
        if (entries.Count > 0 && entries.All(entry => HeadAlone().IsMatch(entry.Name))) return Families[0].What;
        foreach (var (what, name) in Families[1..])
            if (entries.Any(entry => name().IsMatch(entry.Name))) return what;
        return null;
    }

    /// <summary>The variants that names stand for, each with the tensors that tell it.</summary>
    public static IEnumerable<string> VariantsIn(IReadOnlyCollection<string> names)
    {
        foreach (var (what, name) in Variants)
            if (names.FirstOrDefault(item => name().IsMatch(item)) is { } first) yield return $"{what}, told by '{first}'";
    }

    [GeneratedRegex(@"^(head|fc|classifier|head\.fc)\.(weight|bias)$")]
    private static partial Regex HeadAlone();

    [GeneratedRegex(@"embeddings\.word_embeddings\.weight$")]
    private static partial Regex Bert();

    [GeneratedRegex(@"(^|\.)wte\.weight$")]
    private static partial Regex Gpt();

    [GeneratedRegex(@"^(shared\.weight|encoder\.block\.0\.layer\.0\.)")]
    private static partial Regex T5();

    [GeneratedRegex(@"^(visual\.|vision_model\.|text_model\.|logit_scale$)")]
    private static partial Regex Clip();

    [GeneratedRegex(@"layers\.0\.blocks\.0\.attn\.relative_position_bias_table$")]
    private static partial Regex Swin();

    [GeneratedRegex(@"(stages\.0\.(blocks\.)?0\.(conv_dw|dwconv)|downsample_layers\.0\.)")]
    private static partial Regex ConvNeXt();

    [GeneratedRegex(@"mlp_tokens\.fc1\.weight$")]
    private static partial Regex Mixer();

    [GeneratedRegex(@"(^|\.)layer1\.0\.conv1\.weight$|resnet\.encoder\.stages\.0\.")]
    private static partial Regex ResNet();

    [GeneratedRegex(@"^(conv_stem\.weight|features\.0\.0\.weight)$")]
    private static partial Regex Mobile();

    [GeneratedRegex(@"^(encoder_norm|decoder_norm|decoder\.0\.cross)\b")]
    private static partial Regex Translator();

    [GeneratedRegex(@"dist_token|head_dist|distillation_token|distillation_classifier")]
    private static partial Regex Distilled();

    [GeneratedRegex(@"^attn_pool\.")]
    private static partial Regex AttentionPool();

    [GeneratedRegex(@"rel(ative)?_pos")]
    private static partial Regex RelativePositions();

    [GeneratedRegex(@"rope")]
    private static partial Regex RotaryPositions();

    [GeneratedRegex(@"mlp\.(fc1_g|fc1_x|w12|w1|w2|w3)\.")]
    private static partial Regex Gated();

    [GeneratedRegex(@"^blocks\.\d+\.(attn|mlp)\.norm\.")]
    private static partial Regex InnerNorm();

    [GeneratedRegex(@"^blocks\.\d+\.attn\.(q|k|v|q_proj|k_proj|v_proj)\.weight$")]
    private static partial Regex Apart();

    [GeneratedRegex(@"^patch_embed\.backbone\.")]
    private static partial Regex Hybrid();

    [GeneratedRegex(@"^patch_embed\.norm\.")]
    private static partial Regex PatchNorm();

    [GeneratedRegex(@"lora_|\.qweight$|\.scales$")]
    private static partial Regex Adapter();

    [GeneratedRegex(@"^blocks\.\d+\.gamma_[12]$")]
    private static partial Regex BeitScale();

    [GeneratedRegex(@"^blocks\.\d+\.(attns|ffns|in_proj)\.")]
    private static partial Regex Parallel();
}
