using Bdia.Core.Onnx;

namespace Bdia.Core.Tests.Onnx;

public class OnnxGraphTests
{
    [Fact]
    public void A_model_beyond_two_gigabytes_is_refused_before_a_weight_is_read()
    {
        var graph = new OnnxGraph("large", new());
        for (var i = 0; i < 3; i++)
            graph.AddLater($"weights{i}", OnnxElement.Float, [200_000_000], 800_000_000, _ => Assert.Fail("It was read."));

        var fault = Assert.Throws<NotSupportedException>(graph.Prepare);

        Assert.Contains("2147483647", fault.Message, StringComparison.Ordinal);
        Assert.Contains("OnnxWeights.Int8", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_are_made_unique_and_numbers_are_kept_once()
    {
        var graph = new OnnxGraph("names", new());
        var x = graph.Input("x", OnnxElement.Float, "n");

        Assert.Equal("a/Add", graph.Node("Add", "a", x, x));
        Assert.Equal("a/Add_2", graph.Node("Add", "a", x, x));
        Assert.Equal(graph.AddIntegers("one", [1]), graph.AddIntegers("another", [1]));
        Assert.NotEqual(graph.AddIntegers("one", [1]), graph.AddIntegers("one", [1], scalar: true));
        Assert.Equal(graph.AddNumber("half", 0.5f), graph.AddNumber("also", 0.5f));
    }

    [Fact]
    public void What_is_written_of_itself_cannot_be_said_otherwise()
    {
        var graph = new OnnxGraph("metadata", new() { Metadata = new Dictionary<string, string> { ["classes"] = "none" } });

        Assert.Contains("'classes'", Assert.Throws<ArgumentException>(() => graph.Tell("classes", "[]")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Options_out_of_range_are_told_together()
    {
        var message = Assert.Throws<ArgumentException>(() => new OnnxOptions { Opset = 11, Weights = (OnnxWeights)9 }.Validate()).Message;

        Assert.Contains("Opset is 11; it must be 12..26.", message, StringComparison.Ordinal);
        Assert.Contains("Weights is 9; it must be Float32 or Int8.", message, StringComparison.Ordinal);
    }
}
