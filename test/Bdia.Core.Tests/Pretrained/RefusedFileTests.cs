using Bdia.Core.Pretrained;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Pretrained;

/// <summary>What is not taken, and what the message says of it.</summary>
public class RefusedFileTests
{
    private const string Timm = """{ "architecture": "vit_tiny_patch2_8", "model_args": { ARGS } }""";

    [Fact]
    public void Missing_surplus_misshapen_and_mistyped_tensors_are_named_at_once()
    {
        using var files = new WeightFiles();
        var path = files.Weights(WeightFiles.Small, tensors =>
        {
            tensors.Remove("blocks.1.mlp.fc2.bias");
            tensors.Add("blocks.0.extra", zeros(1));
            tensors["norm.bias"] = zeros(17);
            tensors["head.bias"] = zeros(5, ScalarType.Int64);
        });
        AssertRefused(path, "missing: 'blocks.1.mlp.fc2.bias'", "unexpected: 'blocks.0.extra'", "'norm.bias' has shape (17) instead of "
            + "(16)",
            "'head.bias' has element type Int64 instead of a float", "Nothing was loaded");
    }

    [Theory]
    [InlineData("a ResNet", "conv1.weight", "layer1.0.conv1.weight")]
    [InlineData("a BERT or RoBERTa", "bert.embeddings.word_embeddings.weight", "bert.encoder.layer.0.attention.self.query.weight")]
    [InlineData("a head alone", "head.weight", "head.bias")]
    [InlineData("a GPT-2", "wte.weight", "h.0.attn.c_attn.weight")]
    [InlineData("a CLIP model", "visual.conv1.weight", "logit_scale")]
    [InlineData("Its tensors are 'a', 'b'", "a", "b")]
    public void A_file_of_another_family_is_named_as_such(string what, params string[] names)
    {
        using var files = new WeightFiles();
        AssertRefused(files.Zeros([.. names.Select(name => (name, new long[] { 2, 2 }))]), what, "no vision transformer");
    }

    [Theory]
    [InlineData("dist_token", "distilled")]
    [InlineData("attn_pool.q.weight", "pooled by attention")]
    [InlineData("blocks.0.mlp.fc1_g.weight", "SwiGLU")]
    [InlineData("blocks.0.attn.norm.weight", "inside of attention")]
    [InlineData("rel_pos_bias", "relative positions")]
    public void A_variant_that_is_not_known_is_named_with_its_tensor(string name, string what)
    {
        using var files = new WeightFiles();
        AssertRefused(files.Weights(WeightFiles.Small, tensors => tensors.Add(name, zeros(1, 1, 16))), what, $"'{name}'");
    }

    [Fact]
    public void A_mean_beside_a_class_token_is_refused_where_names_or_config_tell_of_it()
    {
        using var files = new WeightFiles();
        var path = files.Weights(WeightFiles.Small);
        files.Text("config.json", Timm.Replace("ARGS", """ "num_heads": 2, "global_pool": "avg" """));
        AssertRefused(path, "global_pool 'avg'");
        using var other = new WeightFiles();
        AssertRefused(other.Weights(WeightFiles.Small, tensors => tensors.Remove("cls_token")), "no 'cls_token'");
    }

    [Theory]
    [InlineData("\"num_heads\": 3", "3 heads cannot share width 16")]
    [InlineData("\"num_heads\": 2, \"embed_dim\": 32", "says the width 32, and the tensors say 16")]
    [InlineData("\"num_heads\": 2, \"act_layer\": \"gelu_tanh\"", "act_layer gelu_tanh")]
    [InlineData("\"num_heads\": 2, \"norm_layer\": \"rmsnorm\"", "norm_layer rmsnorm")]
    [InlineData("\"num_heads\": 2, \"img_size\": 16", "16 x 16 pixels, which are 64 patches")]
    [InlineData("\"num_heads\": 2, \"qk_norm\": true", "says qk_norm True, and the tensors say False")]
    [InlineData("\"num_heads\": 2, \"mlp_ratio\": 4", "says the feed-forward width 64, and the tensors say 24")]
    [InlineData("\"num_heads\": 2, \"unheard_of\": 4", "unheard_of 4")]
    [InlineData("\"num_heads\": 2, \"num_classes\": 4", "says classes 4, and the tensors say 5")]
    public void What_a_config_of_timm_says_is_honoured_or_refused(string arguments, string fault)
    {
        using var files = new WeightFiles();
        files.Text("config.json", Timm.Replace("ARGS", arguments));
        AssertRefused(files.Weights(WeightFiles.Small), fault);
    }

    [Theory]
    [InlineData("""{ "model_type": "bert" }""", "kind 'bert'")]
    [InlineData("""{ "model_type": "vit", "hidden_act": "gelu_new" }""", "hidden_act gelu_new")]
    [InlineData("""{ "model_type": "vit", "hidden_size": 16, "num_attention_heads": 2 }""", "says blocks 12, and the tensors say 2")]
    [InlineData("""{ "architecture": "resnet50" }""", "'resnet50', which is no vision transformer")]
    [InlineData("""{ "architecture": "vit_base_patch16_clip_quickgelu_224" }""", "quick_gelu")]
    [InlineData("""{ "something": 1 }""", "neither timm's nor Hugging Face's")]
    [InlineData("""[1]""", "cannot be read")]
    public void A_config_of_another_network_is_refused(string config, string fault)
    {
        using var files = new WeightFiles();
        files.Text("config.json", config);
        AssertRefused(files.Weights(WeightFiles.Small), fault);
    }

    [Fact]
    public void What_no_config_tells_is_said_and_what_cannot_be_known_is_asked_for()
    {
        using var files = new WeightFiles();
        AssertRefused(files.Weights(WeightFiles.Small), "set Heads");
        var weights = PretrainedVisionTransformer.FromFile(files.Weights(WeightFiles.Small with { Width = 128, Heads = 2 }));
        Assert.Equal(2, weights.Options.Heads);
        var note = Assert.Single(weights.Notes);
        foreach (var assumed in (string[])["2 heads of 64", "epsilon of 1e-6", "class token", "GELU by erf", "4x4 patches"])
            Assert.Contains(assumed, note, StringComparison.Ordinal);
    }

    [Fact]
    public void A_position_embedding_whose_grid_nobody_tells_is_refused()
    {
        using var files = new WeightFiles();
        var path = files.Weights(WeightFiles.Small with { ImageHeight = 4, ImageWidth = 8 }); // 2 x 4 patches and a class token
        Assert.Contains("is that of no square image",
            Assert.Throws<InvalidDataException>(() => PretrainedVisionTransformer.FromFile(path, 2)).Message, StringComparison.Ordinal);
        Assert.Equal((4, 8), (PretrainedVisionTransformer.FromFile(path, 2, 4, 8).Options.ImageHeight,
            PretrainedVisionTransformer.FromFile(path, 2, 4, 8).Options.ImageWidth));
        // 4 x 4 patches, or the 2 x 8 that somebody asks for: the file does not say.
        var square = files.Weights(WeightFiles.Small);
        Assert.Contains("may be of 4x4 or of the 2x8",
            Assert.Throws<InvalidDataException>(() => PretrainedVisionTransformer.FromFile(square, 2, 4, 16)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_cut_short_is_told_before_anything_is_made()
    {
        using var files = new WeightFiles();
        var bytes = File.ReadAllBytes(files.Weights(WeightFiles.Small));
        foreach (var length in (int[])[0, 4, 100, bytes.Length - 1])
        {
            File.WriteAllBytes(files.Path("cut.safetensors"), bytes[..length]);
            AssertRefused(files.Path("cut.safetensors"), "cut.safetensors' cannot be read");
        }

        File.WriteAllBytes(files.Path("a.pth"), [.. "PK\u0003\u0004"u8, .. bytes]);
        AssertRefused(files.Path("a.pth"), "turn a .pth or .bin file into safetensors first");
    }

    [Fact]
    public void Values_that_are_no_numbers_are_refused()
    {
        using var files = new WeightFiles();
        var path = files.Weights(WeightFiles.Small, tensors => tensors["norm.bias"] = TestMath.Full([16], float.NaN));
        var weights = PretrainedVisionTransformer.FromFile(path, 2);
        Assert.Contains("'norm.bias'", Assert.Throws<InvalidDataException>(() => weights.Create(weights.Options, 1)).Message,
            StringComparison.Ordinal);
    }

    private static void AssertRefused(string path, params string[] told)
    {
        var message = Assert.Throws<InvalidDataException>(() => PretrainedVisionTransformer.FromFile(path)).Message;
        foreach (var text in told) Assert.Contains(text, message, StringComparison.Ordinal);
    }
}
