using Bdia.Core.Formats;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Formats;

public sealed class ModuleStateTests
{
    [Fact]
    public void A_modules_tensors_come_back_through_a_stream()
    {
        using var scope = NewDisposeScope();
        using var source = new Pair(1f);
        using var target = new Pair(0f);
        var stream = new MemoryStream();
        SafeTensors.Write(stream, ModuleState.Save(source));
        stream.Position = 0;
        using var content = SafeTensors.Read(stream);

        ModuleState.Load(target, content.Tensors);

        Assert.All(target.state_dict(), pair => Assert.True(pair.Value.Equals(source.state_dict()[pair.Key])));
        Assert.True(target.first.requires_grad);
    }

    [Fact]
    public void Every_fault_is_named_and_nothing_is_loaded()
    {
        using var scope = NewDisposeScope();
        using var target = new Pair(0f);
        var tensors = new Dictionary<string, Tensor>
        {
            ["first"] = ones(2, 3),
            ["second"] = ones(3, 2),
            ["count"] = ones(1),
            ["zebra"] = ones(1),
            ["ape"] = ones(1),
        };

        var fault = Assert.Throws<InvalidDataException>(() => ModuleState.Load(target, tensors));

        Assert.Equal(
            "These tensors are not those of this Pair: missing: 'third'; unexpected: 'ape', 'zebra'; "
            + "'second' has shape (3, 2) instead of (2, 3); 'count' has element type Float32 instead of Int64. "
            + "Nothing was loaded. Use tensors saved from a model with the same options.",
            fault.Message);
        Assert.Equal(0f, target.first.sum().item<float>());
    }

    [Fact]
    public void A_filled_module_has_the_values_of_the_stream_and_can_be_trained()
    {
        using var scope = NewDisposeScope();
        using var source = new Pair(1f);
        using var target = new Pair(0f);
        var stream = new MemoryStream();
        SafeTensors.Write(stream, ModuleState.Save(source));
        stream.Position = 0;

        Assert.Same(target, ModuleState.Fill(16, () => target, stream));

        Assert.All(target.state_dict(), pair => Assert.True(pair.Value.Equals(source.state_dict()[pair.Key])));
        Assert.True(target.first.is_leaf && target.first.requires_grad);
        target.first.mul(target.first).sum().backward();
        Assert.True(target.first.grad!.Equals(TestMath.Full([2, 3], 2)));
    }

    [Fact]
    public void A_module_that_cannot_be_filled_is_disposed()
    {
        using var scope = NewDisposeScope();
        var target = new Pair(0f);
        var stream = new MemoryStream();
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["first"] = ones(2, 3) });
        stream.Position = 0;

        var fault = Assert.Throws<InvalidDataException>(() => ModuleState.Fill(6, () => target, stream));

        Assert.Contains("missing: 'count', 'second', 'third'", fault.Message, StringComparison.Ordinal);
        Assert.True(target.first.IsInvalid);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Nothing_is_made_for_more_weights_than_the_stream_can_have(bool knowsItsLength)
    {
        using var scope = NewDisposeScope();
        var stream = new MemoryStream();
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["first"] = ones(2, 3) });
        stream.Position = 0;

        var fault = Assert.Throws<InvalidDataException>(
            () => ModuleState.Fill<Pair>(1_000_000_000_000, () => throw new InvalidOperationException("made"), knowsItsLength
            ? stream : new ForwardOnlyStream(stream)));

        Assert.Contains("The network has 1000000000000 weights", fault.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Values_that_are_no_numbers_are_refused_with_the_tensor_at_every_place(float value)
    {
        using var source = new Pair(1f);
        for (var at = 0; at < 6; at++)
        {
            using var scope = NewDisposeScope();
            using var target = new Pair(0f);
            var tensors = source.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
            tensors["second"].view(-1)[at] = value;

            var fault = Assert.Throws<InvalidDataException>(() => ModuleState.Load(target, tensors));

            Assert.Contains("NaN or infinite: 'second'.", fault.Message, StringComparison.Ordinal);
            Assert.Equal(0f, target.first.sum().item<float>());
            var stream = new MemoryStream();
            SafeTensors.Write(stream, tensors);
            stream.Position = 0;
            Assert.Contains("'second'", Assert.Throws<InvalidDataException>(
                () => ModuleState.Fill(16, () => new Pair(0f), stream)).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void The_largest_and_the_smallest_numbers_are_numbers()
    {
        using var scope = NewDisposeScope();
        using var target = new Pair(0f);
        var tensors = target.state_dict().ToDictionary(pair => pair.Key, pair => pair.Value.detach().clone());
        tensors["second"] = tensor([float.MaxValue, float.MinValue, float.Epsilon, -0f, 0f, 1e-38f]).view(2, 3);

        ModuleState.Load(target, tensors);

        Assert.Equal(float.MaxValue, target.second[0, 0].item<float>());
    }

    private sealed class Pair : nn.Module
    {
        public readonly Parameter first;
        public readonly Parameter second;
        public readonly Parameter third;
        public readonly Tensor count;

        public Pair(float value) : base(nameof(Pair))
        {
            first = nn.Parameter(TestMath.Full([2, 3], value));
            second = nn.Parameter(TestMath.Full([2, 3], value * 2));
            third = nn.Parameter(TestMath.Full([4], value * 3));
            count = TestMath.Full([1], (long)value, ScalarType.Int64);
            RegisterComponents();
        }
    }
}
