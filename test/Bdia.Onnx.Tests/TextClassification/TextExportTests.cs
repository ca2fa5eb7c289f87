using System.Text.Json;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.TextClassification;

/// <summary>A text classifier in ONNX Runtime gives the logits of the network, padded rows and pairs among them.</summary>
public class TextExportTests(ITestOutputHelper output)
{
    // Three rows: long, padded, and of an end token and little else.
    private static readonly long[] singles = [10, 20, 30, 40, 2, 11, 21, 2, 0, 0, 30, 2, 0, 0, 0];
    private static readonly long[] pairs = [10, 20, 2, 40, 2, 11, 2, 21, 2, 0, 2, 2, 0, 0, 0];

    private static TextEncoderOptions Small => new()
    {
        Width = 24, Depth = 3, Heads = 3, FeedForwardWidth = 40, Dropout = 0, MaxLength = 20, Classes = 4, Stack = Networks.WithoutGrid,
    };

    public static TheoryData<string, int> Cases => new()
    {
        { "usual", OnnxOptions.OldestOpset }, { "usual", 17 }, { "usual", OnnxOptions.NewestOpset },
        { "learned positions", 17 }, { "one block", 17 },
        { "pairs", OnnxOptions.OldestOpset }, { "pairs", 17 }, { "pairs", OnnxOptions.NewestOpset },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_the_network_up_to_rounding(string which, int opset)
        => Assert.InRange(Distance(Options(which), new() { Opset = opset }), 0, 2e-5);

    [Fact]
    public void On_the_grid_logits_are_within_a_twentieth()
        => Assert.InRange(Distance(Small with { Stack = new() }, new()), 0, 0.05);

    [Theory]
    [InlineData("usual")]
    [InlineData("pairs")]
    public void Weights_in_bytes_keep_logits_within_a_tenth_of_their_spread(string which)
        => Assert.InRange(Distance(Options(which), new() { Weights = OnnxWeights.Int8 }), 0, 0.5);

    [Fact]
    public void The_description_tells_ids_names_and_bounds()
    {
        using var classifier = Classifier(Small);
        using MemoryStream network = new(), description = new();
        classifier.SaveOnnx(network, description, classNames: ["red", "green", "blue", "ça"]);
        using var json = JsonDocument.Parse(description.ToArray());
        var root = json.RootElement;
        Assert.Equal(["red", "green", "blue", "ça"], root.GetProperty("classNames").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal((0, 2, 3), (root.GetProperty("ids").GetProperty("padding").GetInt32(), root.GetProperty("ids").GetProperty("end")
            .GetInt32(), root.GetProperty("ids").GetProperty("firstToken").GetInt32()));
        Assert.Equal(16, root.GetProperty("maxTokens").GetInt32());
        Assert.False(root.GetProperty("pairs").GetBoolean());
        Assert.Equal("BytePair", root.GetProperty("tokenizer").GetProperty("kind").GetString());
    }

    private sealed class Message
    {
        public string Text { get; set; } = "";

        public string Topic { get; set; } = "";
    }

    [Fact]
    public void A_fitted_model_writes_the_names_of_its_classes_in_the_order_of_its_scores()
    {
        var mlContext = new MLContext(seed: 1);
        string[] topics = ["weather", "money"], words = ["sun rain wind", "pay bill price"];
        var rows = Enumerable.Range(0, 24).Select(i => new Message { Text = $"{words[i % 2]} {i / 2}", Topic = topics[i % 2] }).ToArray();
        var data = mlContext.Data.LoadFromEnumerable(rows);
        var keys = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(Message.Topic)).Fit(data).Transform(data);
        using var model = mlContext.MulticlassClassification.Trainers
            .BdiaTextClassification(sentence1ColumnName: nameof(Message.Text), epochs: 2).Fit(keys);
        using var folder = new TemporaryFolder();

        model.SaveOnnx(folder.Path);
        using var json = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder.Path, "classifier.json")));
        Assert.Equal(topics, json.RootElement.GetProperty("classNames").EnumerateArray().Select(name => name.GetString()));

        using var session = new InferenceSession(Path.Combine(folder.Path, "classifier.onnx"));
        using var run = new RunOptions();
        var first = json.RootElement.GetProperty("ids").GetProperty("firstToken").GetInt32();
        var scores = model.Transform(keys).GetColumn<float[]>("Score").ToArray();
        Assert.All(rows, (row, i) =>
        {
            long[] ids = [.. model.Model.Tokenizer.Encode(row.Text).Select(id => (long)(id + first)), SpecialTokens.End];
            using var given = OrtValue.CreateTensorValueFromMemory(ids, [1, ids.Length]);
            using var results = session.Run(run, ["ids"], [given], ["probabilities"]);
            // The grid of 2^-9: a value near the middle of two points may go to the other one.
            Assert.All(results[0].GetTensorDataAsSpan<float>().ToArray(), (score, j) => Assert.Equal(scores[i][j], score, 0.01));
        });
    }

    [Fact]
    public void Names_that_are_not_one_for_each_class_are_refused()
    {
        using var classifier = Classifier(Small);
        using MemoryStream network = new(), description = new();
        var fault = Assert.Throws<ArgumentException>(() => classifier.SaveOnnx(network, description, classNames: ["one"]));
        Assert.StartsWith("There are 1 names for 4 classes; give one for each.", fault.Message, StringComparison.Ordinal);
        Assert.Equal((0, 0), (network.Length, description.Length));
    }

    private static TextEncoderOptions Options(string which) => which switch
    {
        "learned positions" => Small with { Positions = PositionEncoding.Learned },
        "one block" => Small with { Depth = 1 },
        "pairs" => Small with { Pairs = true },
        _ => Small,
    };

    private double Distance(TextEncoderOptions sizes, OnnxOptions options)
    {
        using var classifier = Classifier(sizes);
        var ids = sizes.Pairs ? pairs : singles;
        using MemoryStream network = new(), description = new();
        classifier.SaveOnnx(network, description, options);
        using var settings = new SessionOptions { IntraOpNumThreads = 1 };
        using var session = new InferenceSession(network.ToArray(), settings);
        using var run = new RunOptions();
        using var given = OrtValue.CreateTensorValueFromMemory(ids.ToArray(), [3, 5]);
        using var results = session.Run(run, ["ids"], [given], ["logits", "probabilities"]);
        var theirs = results[0].GetTensorDataAsSpan<float>().ToArray();
        foreach (var row in results[1].GetTensorDataAsSpan<float>().ToArray().Chunk(sizes.Classes))
            Assert.Equal(1, row.Sum(), 1e-5); // float32 probabilities

        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var ours = classifier.Model.forward(tensor(ids, [3, 5])).data<float>().ToArray();
        Assert.Equal(ours.Length, theirs.Length);
        var largest = ours.Zip(theirs, (a, b) => Math.Abs((double)a - b)).Max();
        output.WriteLine($"largest difference of a logit: {largest:g3}");
        return largest;
    }

    private static TextClassifier Classifier(TextEncoderOptions options)
    {
        var tokenizer = Translators.Tokenizer();
        var network = new TextEncoder(options with { Vocabulary = tokenizer.Size + SpecialTokens.Count }, seed: 5);
        Networks.Spread(network);
        return new TextClassifier(network, tokenizer, maxTokens: 16, LongTextPolicy.Truncate);
    }
}
