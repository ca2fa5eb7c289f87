using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Golden;

/// <summary>
/// How far states on the grid take the network from the standard one that timm has: the figures of docs/reference-numbers.md.
/// </summary>
public class QuantisedTests(ITestOutputHelper output)
{
    public static TheoryData<string> Cases => [.. GoldenCase.Names()];

    public static TheoryData<string> Gradients => [.. GoldenCase.Names("gradients")];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Logits_of_the_default_grid_are_within_a_hundredth_of_their_standard_deviation_of_those_of_timm(string name)
        => Assert.InRange(Distance(name, fractionBits: 9), 0, 0.01);

    [Theory]
    [MemberData(nameof(Cases))]
    public void Six_more_bits_of_the_grid_take_logits_sixteen_times_nearer(string name)
        => Assert.InRange(Distance(name, 15), 0, Distance(name, 9) / 16);

    [Theory]
    [MemberData(nameof(Gradients))]
    public void Gradients_of_the_default_grid_are_within_a_fiftieth_of_the_norm_of_those_of_torch(string name)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var expected = golden.Content("gradients");
        using var model = golden.Model(new() { Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.Checkpointed });
        model.train();
        nn.functional.cross_entropy(model.forward(numbers.Tensors["images"]), numbers.Tensors["labels"]).backward();
        var parameters = model.named_parameters()
            .Select(p => (Ours: p.parameter.grad!.to(ScalarType.Float64).reshape(-1),
            Torch: expected.Tensors[$"grad.{p.name}"].reshape(-1))).ToArray();
        var torch = cat([.. parameters.Select(p => p.Torch)]);
        var distance = (cat([.. parameters.Select(p => p.Ours)]) - torch).norm().item<double>() / torch.norm().item<double>();
        output.WriteLine($"{name}: {distance:g3} of the norm of all gradients");
        Assert.InRange(distance, 0, 0.02);
    }

    /// <summary>The largest distance of a logit, over the standard deviation of all logits.</summary>
    private double Distance(string name, int fractionBits)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var model = golden.Model(new() { FractionBits = fractionBits });
        model.eval();
        var logits = golden.Output(model, numbers.Tensors["images"]).to(ScalarType.Float64);
        var distance = (logits - numbers.Tensors["logits64"]).abs().max().item<double>();
        var deviation = numbers.Tensors["logits64"].std().item<double>();
        output.WriteLine($"{name}, l = {fractionBits}: {distance:g3} off, {distance / deviation:g3} of the logits' standard deviation "
            + $"of {deviation:g3}");
        return distance / deviation;
    }
}
