using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.ImageClassification;
using Bdia.Core.Onnx;
using Bdia.Core.Pretrained;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.ImageClassification;

/// <summary>Weights of timm's vision transformers of every kind, taken in here and out as ONNX, give timm's own logits in ONNX
/// Runtime.</summary>
/// <remarks>The tolerance is that of the README beside the files.</remarks>
public class GoldenExportTests
{
    [Theory]
    [InlineData("p1", 17)]
    [InlineData("p3", OnnxOptions.OldestOpset)]
    [InlineData("p5", OnnxOptions.NewestOpset)]
    [InlineData("a_avg", 17)]
    [InlineData("a_avg", OnnxOptions.NewestOpset)]
    [InlineData("b_reg4", 17)]
    [InlineData("c_prenorm", 17)]
    [InlineData("d_qknorm", 17)]
    [InlineData("d_qknorm", OnnxOptions.OldestOpset)]
    [InlineData("e_layerscale", 17)]
    [InlineData("f_noqkvbias", 17)]
    public void Logits_in_ONNX_Runtime_are_those_of_timm(string name, int opset)
    {
        using var scope = NewDisposeScope();
        var folder = SharedData.Folder("golden");
        var (heads, height, width) = Sizes(folder, name);
        var weights = PretrainedVisionTransformer.FromFile(Path.Combine(folder, $"{name}.safetensors"), heads, height, width);
        var network = weights.Options with { Stack = Networks.WithoutGrid };
        using var classifier = new ImageClassifier(weights.Create(network, seed: 0), new()
        {
            Mean = [.. Enumerable.Repeat(0.0, network.Channels)], StandardDeviation = [.. Enumerable.Repeat(1.0, network.Channels)],
        });
        using var file = new OnnxFile(stream => classifier.SaveOnnx(stream, new() { Opset = opset }));
        using var stream = File.OpenRead(Path.Combine(folder, $"{name}.io.safetensors"));
        using var numbers = SafeTensors.Read(stream);
        var images = numbers.Tensors["images"];

        var logits = file.Run("image", images.data<float>().ToArray(), images.shape, "logits");

        var expected = numbers.Tensors["logits64"].data<double>().ToArray();
        Assert.Equal(expected.Length, logits.Length);
        Assert.All(logits, (logit, i) => Assert.Equal(expected[i], logit, 2e-5));
    }

    private static (int Heads, int Height, int Width) Sizes(string folder, string name)
    {
        using var manifest = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "manifest.json")));
        var one = manifest.RootElement.GetProperty("cases").EnumerateArray().Single(item => item.GetProperty("name").GetString() == name);
        return (one.GetProperty("timm_args").GetProperty("num_heads").GetInt32(), one.GetProperty("image")[0].GetInt32(),
            one.GetProperty("image")[1].GetInt32());
    }
}
