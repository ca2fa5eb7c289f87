using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.SequenceToSequence;
using Bdia.Onnx.Tests.Support;
using Microsoft.ML.OnnxRuntime;
using static TorchSharp.torch;

namespace Bdia.Onnx.Tests.SequenceToSequence;

/// <summary>Encoder and decoder step in ONNX Runtime give the logits of the network, token by token.</summary>
public class StepExportTests(ITestOutputHelper output)
{
    // Two sources, the second padded.
    private static readonly long[] sources = [10, 20, 30, 40, 2, 11, 21, 2, 0, 0];
    private static readonly long[][] written = [[1, 1], [50, 60], [51, 61], [52, 62]];

    public static TheoryData<string, int> Cases => new()
    {
        { "usual", OnnxOptions.OldestOpset }, { "usual", 17 }, { "usual", OnnxOptions.NewestOpset },
        { "learned positions", 17 }, { "head of its own", 17 }, { "two embeddings", 17 }, { "one block each", 17 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_are_those_of_the_network_up_to_rounding(string which, int opset)
        => Assert.InRange(Distance(Options(which), new() { Opset = opset }), 0, 2e-5);

    [Fact]
    public void On_the_grid_logits_are_within_a_twentieth()
        => Assert.InRange(Distance(Translators.Small with { Stack = new() }, new()), 0, 0.05);

    [Theory]
    [InlineData("usual")]
    [InlineData("head of its own")]
    public void Weights_in_bytes_keep_logits_within_a_tenth_of_their_spread(string which)
        => Assert.InRange(Distance(Options(which), new() { Weights = OnnxWeights.Int8 }), 0, 0.5);

    private static EncoderDecoderOptions Options(string which) => which switch
    {
        "learned positions" => Translators.Small with { Positions = PositionEncoding.Learned },
        "head of its own" => Translators.Small with { TieOutput = false },
        "two embeddings" => Translators.Small with { ShareEmbeddings = false },
        "one block each" => Translators.Small with { EncoderDepth = 1, DecoderDepth = 1 },
        _ => Translators.Small,
    };

    private double Distance(EncoderDecoderOptions network, OnnxOptions options)
    {
        using var translator = Translators.Of(network);
        using MemoryStream encoder = new(), decoder = new(), json = new();
        translator.SaveOnnx(encoder, decoder, json, options);
        var theirs = Theirs(network, encoder.ToArray(), decoder.ToArray());

        using var scope = NewDisposeScope();
        using var state = translator.Model.Begin(tensor(sources, [2, 5]));
        var largest = 0.0;
        foreach (var (ids, step) in written.Zip(theirs))
        {
            var ours = translator.Model.Next(tensor(ids), state).data<float>().ToArray();
            Assert.Equal(ours.Length, step.Length);
            largest = Math.Max(largest, ours.Zip(step, (a, b) => Math.Abs((double)a - b)).Max());
        }

        output.WriteLine($"largest difference of a logit: {largest:g3}");
        return largest;
    }

    private static List<float[]> Theirs(EncoderDecoderOptions network, byte[] encoderFile, byte[] decoderFile)
    {
        using var settings = new SessionOptions { IntraOpNumThreads = 1 };
        using InferenceSession encoder = new(encoderFile, settings), decoder = new(decoderFile, settings);
        using var run = new RunOptions();
        using var source = OrtValue.CreateTensorValueFromMemory(sources, [2, 5]);
        var memory = encoder.OutputNames.ToArray();
        var values = memory.Zip(encoder.Run(run, ["ids"], [source], memory)).ToDictionary(pair => pair.First, pair => pair.Second);
        for (var k = 0; k < network.DecoderDepth; k++)
        {
            foreach (var kind in (string[])["key", "value"])
                values[$"past.{k}.{kind}"] = OrtValue.CreateTensorValueFromMemory(
                    Array.Empty<float>(), [2, network.Heads, 0, network.Width / network.Heads]);
        }

        values["source"] = source;
        var logits = new List<float[]>();
        foreach (var ids in written)
        {
            values["ids"] = OrtValue.CreateTensorValueFromMemory(ids.ToArray(), [2, 1]);
            var names = decoder.OutputNames.ToArray();
            var results = decoder.Run(run, decoder.InputNames, [.. decoder.InputNames.Select(name => values[name])], names);
            foreach (var (name, value) in names.Zip(results))
            {
                if (name == "logits") logits.Add(value.GetTensorDataAsSpan<float>().ToArray());
                else values[name.Replace("present", "past", StringComparison.Ordinal)] = value;
            }
        }

        return logits;
    }
}
