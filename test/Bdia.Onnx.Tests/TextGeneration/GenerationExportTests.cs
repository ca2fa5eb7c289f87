using System.Text.Json;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.TextGeneration;

/// <summary>A generator's step in ONNX Runtime gives the logits of the network, token by token, and so the same text.</summary>
public class GenerationExportTests(ITestOutputHelper output)
{
    private const int Heads = 3, Width = 24, Depth = 3, Longest = 20;

    private static LanguageModelOptions Small => new()
    {
        Width = Width, Depth = Depth, Heads = Heads, FeedForwardWidth = 40, Dropout = 0, MaxLength = Longest, Stack = Networks.WithoutGrid,
    };

    [Theory]
    [InlineData(OnnxOptions.OldestOpset)]
    [InlineData(17)]
    [InlineData(OnnxOptions.NewestOpset)]
    public void Logits_are_those_of_the_network_up_to_rounding(int opset)
        => Assert.InRange(Distance(Small, new() { Opset = opset }), 0, 2e-5);

    [Fact]
    public void On_the_grid_logits_are_within_a_twentieth()
        => Assert.InRange(Distance(Small with { Stack = new() }, new()), 0, 0.05);

    [Fact]
    public void Weights_in_bytes_keep_logits_within_a_tenth_of_their_spread()
        => Assert.InRange(Distance(Small, new() { Weights = OnnxWeights.Int8 }), 0, 0.5);

    [Fact]
    public void Greedily_the_text_goes_on_as_ours_does()
    {
        using var generator = Generator(Small);
        const string Prompt = "one five";
        var ours = generator.Continue([Prompt], generator.Decoding with { BeamSize = 1 },
            TestContext.Current.CancellationToken)[0][0].Text;
        using MemoryStream decoder = new(), description = new();
        generator.SaveOnnx(decoder, description);
        using var step = new Step(decoder.ToArray(), rows: 1);
        using var json = JsonDocument.Parse(description.ToArray());
        var ids = json.RootElement.GetProperty("ids");
        var (start, end, first) = (ids.GetProperty("start").GetInt64(), ids.GetProperty("end").GetInt64(),
            ids.GetProperty("firstToken").GetInt32());

        float[] logits = step.Next([start]);
        var length = 1;
        foreach (var token in generator.Tokenizer.Encode(Prompt)) (logits, length) = (step.Next([token + first]), length + 1);
        var written = new List<int>();
        while (true)
        {
            logits[0] = logits[(int)start] = float.NegativeInfinity; // padding and start are never written
            var best = Array.IndexOf(logits, logits.Max());
            if (best == end) break;
            written.Add(best - first);
            if (length == json.RootElement.GetProperty("maxTokens").GetInt32()) break; // there is no place to read it at
            (logits, length) = (step.Next([best]), length + 1);
        }

        output.WriteLine($"'{ours}'");
        Assert.NotEmpty(written);
        Assert.Equal(ours, generator.Tokenizer.Decode([.. written]));
    }

    private double Distance(LanguageModelOptions sizes, OnnxOptions options)
    {
        using var generator = Generator(sizes);
        using MemoryStream decoder = new(), description = new();
        generator.SaveOnnx(decoder, description, options);
        using var step = new Step(decoder.ToArray(), rows: 2);
        long[][] written = [[1, 1], [50, 60], [51, 61], [52, 62]];
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var read = tensor(written.SelectMany(ids => ids).ToArray(), [4, 2]).t().contiguous(); // (rows, tokens)
        var all = generator.Model.Project(generator.Model.Read(read)); // (2, 4, V)
        var largest = 0.0;
        for (var t = 0; t < written.Length; t++)
        {
            var ours = all.select(1, t).contiguous().data<float>().ToArray();
            var theirs = step.Next(written[t]);
            Assert.Equal(ours.Length, theirs.Length);
            largest = Math.Max(largest, ours.Zip(theirs, (a, b) => Math.Abs((double)a - b)).Max());
        }

        output.WriteLine($"largest difference of a logit: {largest:g3}");
        return largest;
    }

    private static TextGenerator Generator(LanguageModelOptions options)
    {
        var tokenizer = Translators.Tokenizer();
        var network = new LanguageModel(options with { Vocabulary = tokenizer.Size + SpecialTokens.Count }, seed: 5);
        Networks.Spread(network);
        return new TextGenerator(network, tokenizer, new() { MaxLengthConstant = Longest });
    }

    // The decoder's step with what it keeps.
    private sealed class Step : IDisposable
    {
        private readonly InferenceSession session;
        private readonly RunOptions run = new();
        private readonly Dictionary<string, OrtValue> values = [];
        private readonly int rows;

        public Step(byte[] file, int rows)
        {
            this.rows = rows;
            using var settings = new SessionOptions { IntraOpNumThreads = 1 };
            session = new InferenceSession(file, settings);
            for (var k = 0; k < Depth; k++)
            {
                foreach (var kind in (string[])["key", "value"])
                    values[$"past.{k}.{kind}"] = OrtValue.CreateTensorValueFromMemory(
                        Array.Empty<float>(), [rows, Heads, 0, Width / Heads]);
            }
        }

        public float[] Next(long[] ids)
        {
            values["ids"] = OrtValue.CreateTensorValueFromMemory(ids.ToArray(), [rows, 1]);
            float[] logits = [];
            var names = session.OutputNames.ToArray();
            var results = session.Run(run, session.InputNames, [.. session.InputNames.Select(name => values[name])], names);
            foreach (var (name, value) in names.Zip(results))
            {
                if (name == "logits") logits = value.GetTensorDataAsSpan<float>().ToArray();
                else values[name.Replace("present", "past", StringComparison.Ordinal)] = value;
            }

            return logits;
        }

        public void Dispose()
        {
            run.Dispose();
            session.Dispose();
        }
    }
}
