using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Pretrained;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Golden;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Pretrained;

/// <summary>Files of timm's, taken as a user takes them, give timm's numbers. See the README beside them.</summary>
public class GoldenFileTests(ITestOutputHelper output)
{
    private const double LogitTolerance = 2e-5, ResamplingTolerance = 2e-6;

    private static readonly BdiaStackOptions Plain =
        new() { Quantize = false, Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.StoreActivations };

    public static TheoryData<string> Cases => [.. GoldenCase.Names()];

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_file_gives_the_logits_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        var expected = golden.Options(Plain);
        var weights = PretrainedVisionTransformer.FromFile(SharedData.Require("golden", $"{name}.safetensors"), expected.Heads,
            expected.ImageHeight, expected.ImageWidth);
        foreach (var note in weights.Notes) output.WriteLine(note);
        Assert.Equal(golden.HasHead, weights.HasHead);
        Assert.Equal(expected with { Stack = weights.Options.Stack }, weights.Options);
        using var network = weights.Create(weights.Options with { Stack = Plain }, seed: 1);
        network.eval();
        AssertWithin(LogitTolerance, numbers.Tensors["logits64"], golden.Output(network, numbers.Tensors["images"]));
    }

    [Theory]
    [InlineData("i_dynamic")]
    public void Images_of_another_size_give_the_logits_that_timm_gives_with_a_resampled_position_embedding(string name)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        var sizes = numbers.Tensors.Keys.Where(key => key.StartsWith("images.", StringComparison.Ordinal)).ToArray();
        Assert.NotEmpty(sizes);
        foreach (var size in sizes)
        {
            var images = numbers.Tensors[size];
            var weights = PretrainedVisionTransformer.FromFile(SharedData.Require("golden", $"{name}.safetensors"), heads: 2);
            using var network = weights.Create(weights.Options with
            {
                ImageHeight = (int)images.shape[2], ImageWidth = (int)images.shape[3], Stack = Plain,
            }, seed: 1);
            network.eval();
            AssertWithin(LogitTolerance, numbers.Tensors[size.Replace("images", "logits64")], network.forward(images));
        }
    }

    [Fact]
    public void Names_of_Hugging_Face_give_the_logits_that_names_of_timm_give()
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var numbers = GoldenCase.Read("p1").Content("numbers");
        var weights = PretrainedVisionTransformer.FromFile(SharedData.Require("golden", "hf_p1.safetensors"));
        Assert.Equal(Enumerable.Range(0, 10).Select(k => $"class {k}"), weights.ClassNames);
        using var network = weights.Create(weights.Options with { Stack = Plain }, seed: 1);
        network.eval();
        AssertWithin(LogitTolerance, numbers.Tensors["logits64"], network.forward(numbers.Tensors["images"]));
    }

    [Fact]
    public void Without_a_config_names_of_Hugging_Face_mean_its_own_epsilon()
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var numbers = GoldenCase.Read("p1").Content("numbers");
        using var files = new WeightFiles();
        File.Copy(SharedData.Require("golden", "hf_p1.safetensors"), files.Path());
        var weights = PretrainedVisionTransformer.FromFile(files.Path(), heads: 2);
        Assert.Equal(1e-12, weights.Options.NormEpsilon);
        Assert.Contains(weights.Notes, note => note.Contains("1e-12", StringComparison.Ordinal));
        using var network = weights.Create(weights.Options with { Stack = Plain }, seed: 1);
        network.eval();
        // The README says that this tolerance does not tell the two epsilons apart; what does is the distance to either.
        var logits = network.forward(numbers.Tensors["images"]);
        AssertWithin(LogitTolerance, numbers.Tensors["logits64.eps1e-12"], logits);
    }

    [Theory]
    [InlineData("float16")]
    [InlineData("bfloat16")]
    public void Files_in_half_precision_give_the_logits_that_timm_gives_for_them(string type)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var numbers = GoldenCase.Read("p1").Content("numbers");
        var weights = PretrainedVisionTransformer.FromFile(SharedData.Require("golden", $"p1.{type}.safetensors"), heads: 2);
        Assert.Contains(weights.Notes, note => note.Contains($"Weights are {type}", StringComparison.OrdinalIgnoreCase));
        using var network = weights.Create(weights.Options with { Stack = Plain }, seed: 1);
        network.eval();
        AssertWithin(LogitTolerance, numbers.Tensors[$"logits64.{type}"], network.forward(numbers.Tensors["images"]));
    }

    [Fact]
    public void The_config_that_timm_writes_is_read()
    {
        var weights = PretrainedVisionTransformer.FromFile(SharedData.Require("golden", "p1.safetensors"));
        Assert.Equal((2, 16, 16), (weights.Options.Heads, weights.Options.ImageHeight, weights.Options.ImageWidth));
        Assert.Equal([0.5, 0.5, 0.5], weights.Pixels!.Mean);
        Assert.DoesNotContain(weights.Notes, note => note.Contains("heads", StringComparison.Ordinal));
    }

    [Fact]
    public void Position_embeddings_are_resampled_as_timm_does_it()
    {
        using var scope = NewDisposeScope();
        using var stream = File.OpenRead(SharedData.Require("golden", "h_resample.safetensors"));
        using var content = SafeTensors.Read(stream);
        var names = content.Tensors.Keys.Where(name => name.EndsWith(".from", StringComparison.Ordinal)).Select(name => name[..^5])
            .ToArray();
        Assert.Equal(6, names.Length);
        foreach (var name in names)
        {
            var parts = name.Split("to").SelectMany(part => part.Split('.')).ToArray();
            var (from, to, prefix) = (Grid(parts[0]), Grid(parts[1]), int.Parse(parts[2]["prefix".Length..]));
            AssertWithin(ResamplingTolerance, content.Tensors[$"{name}.to"],
                from.Resample(content.Tensors[$"{name}.from"], prefix, to));
        }

        static PositionGrid Grid(string text)
            => text.Split('x') is [var rows, var columns] ? new(int.Parse(rows), int.Parse(columns)) : default;
    }

    private void AssertWithin(double tolerance, Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.shape, actual.shape);
        var distance = (expected.to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs().max().item<double>();
        output.WriteLine($"{distance:g3} off");
        Assert.True(distance <= tolerance, $"{distance:g3} off, the tolerance is {tolerance:g3}");
    }
}
