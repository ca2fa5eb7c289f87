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

        Assert.Same(target, ModuleState.Fill(target, stream));

        Assert.All(target.state_dict(), pair => Assert.True(pair.Value.Equals(source.state_dict()[pair.Key])));
        Assert.True(target.first.is_leaf && target.first.requires_grad);
        target.first.mul(target.first).sum().backward();
        Assert.True(target.first.grad!.Equals(full(2, 3, 2f)));
    }

    [Fact]
    public void A_module_that_cannot_be_filled_is_disposed()
    {
        using var scope = NewDisposeScope();
        var target = new Pair(0f);
        var stream = new MemoryStream();
        SafeTensors.Write(stream, new Dictionary<string, Tensor> { ["first"] = ones(2, 3) });
        stream.Position = 0;

        var fault = Assert.Throws<InvalidDataException>(() => ModuleState.Fill(target, stream));

        Assert.Contains("missing: 'count', 'second', 'third'", fault.Message, StringComparison.Ordinal);
        Assert.True(target.first.IsInvalid);
    }

    private sealed class Pair : nn.Module
    {
        public readonly Parameter first;
        public readonly Parameter second;
        public readonly Parameter third;
        public readonly Tensor count;

        public Pair(float value) : base(nameof(Pair))
        {
            first = nn.Parameter(full(2, 3, value));
            second = nn.Parameter(full(2, 3, value * 2));
            third = nn.Parameter(full(4, value * 3));
            count = full(1, (long)value);
            RegisterComponents();
        }
    }
}
