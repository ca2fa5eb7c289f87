using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Golden;

/// <summary>Without quantisation and with gamma 0 the network is the standard one: its numbers are those of timm and torch.</summary>
/// <remarks>
/// Tolerances are those that the README beside the files derives from the distance between float32 and float64 in torch itself.
/// </remarks>
public class TimmTests
{
    private const double LogitTolerance = 2e-5, GradientTolerance = 5e-6, WeightTolerance = 5e-7;

    private static readonly BdiaStackOptions Plain =
        new() { Quantize = false, Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.StoreActivations };

    public static TheoryData<string> Cases => [.. GoldenCase.Names()];

    // Stored activations differentiate by autograd, checkpoints by the written backward of the blocks and its kernels.
    public static TheoryData<string, BackpropagationMode> Gradients =>
        [.. from name in GoldenCase.Names("gradients") from mode in (BackpropagationMode[])[BackpropagationMode.StoreActivations,
            BackpropagationMode.Checkpointed] select (name, mode)];

    public static TheoryData<string, string, BackpropagationMode> Steps =>
        [.. from name in GoldenCase.Names("adamw") from groups in (string[])["all", "groups"] from mode in (
            BackpropagationMode[])[BackpropagationMode.StoreActivations, BackpropagationMode.Checkpointed] select (name, groups, mode)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Inference_gives_the_logits_of_timm(string name)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var model = golden.Model(Plain);
        model.eval();
        AssertWithin(LogitTolerance, numbers.Tensors["logits64"], golden.Output(model, numbers.Tensors["images"]), "logits");
    }

    [Theory]
    [InlineData("p1", "float16")]
    [InlineData("p1", "bfloat16")]
    public void Weights_in_half_precision_give_the_logits_that_timm_gives_for_them(string name, string type)
    {
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var model = golden.Model(Plain, type);
        model.eval();
        AssertWithin(LogitTolerance, numbers.Tensors[$"logits64.{type}"], model.forward(numbers.Tensors["images"]), "logits");
    }

    [Theory]
    [MemberData(nameof(Gradients))]
    public void A_backward_pass_gives_the_loss_and_the_gradients_of_torch(string name, BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var expected = golden.Content("gradients");
        using var model = golden.Model(Plain with { Mode = mode });
        var loss = Backward(model, numbers.Tensors["images"], numbers.Tensors["labels"]);
        AssertWithin(LogitTolerance, expected.Tensors["loss"], loss.reshape(1), "loss");
        var parameters = model.named_parameters().ToArray();
        Assert.Equal(expected.Tensors.Count - 1, parameters.Length);
        foreach (var (parameter, tensor) in parameters) AssertWithin(GradientTolerance, expected.Tensors[$"grad.{parameter}"],
            tensor.grad!, parameter);
    }

    [Theory]
    [MemberData(nameof(Steps))]
    public void AdamW_leads_to_the_weights_that_it_leads_to_in_torch(string name, string groups, BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        var golden = GoldenCase.Read(name);
        using var numbers = golden.Content("numbers");
        using var expected = golden.Content("adamw");
        using var model = golden.Model(Plain with { Mode = mode });
        var parameters = model.named_parameters().Select(p => (p.name, (Tensor)p.parameter)).ToArray();
        using var optimizer = new AdamW(groups == "all" ? new(parameters, parameters.Select(p => p.name), [])
            : ParameterGroups.Of(model, VisionTransformer.WithoutDecay), 0.9, 0.999, 1e-8, 0.05);

        var compared = 0;
        for (var step = 1; step <= 3; step++)
        {
            optimizer.ZeroGradients();
            Backward(model, numbers.Tensors["images"], numbers.Tensors["labels"]);
            optimizer.Step(step, 1e-3);
            foreach (var (parameter, tensor) in parameters)
                if (expected.Tensors.TryGetValue($"{groups}.{step}.{parameter}", out var weights))
                {
                    AssertWithin(WeightTolerance, WithoutKeyBias(parameter, weights), WithoutKeyBias(parameter, tensor),
                        $"{parameter} after step {step}");
                    compared++;
                }
        }

        Assert.Equal(expected.Tensors.Keys.Count(key => key.StartsWith($"{groups}.", StringComparison.Ordinal)), compared);
    }

    private static Tensor Backward(VisionTransformer model, Tensor images, Tensor labels)
    {
        model.train();
        var loss = nn.functional.cross_entropy(model.forward(images), labels);
        loss.backward();
        return loss;
    }

    // The bias of the keys has no gradient but rounding, which AdamW divides by its own size: it says nothing in torch either.
    private static Tensor WithoutKeyBias(string name, Tensor t)
        => !name.EndsWith("attn.qkv.bias", StringComparison.Ordinal) ? t
            : cat([t[..(int)(t.shape[0] / 3)], t[(int)(t.shape[0] * 2 / 3)..]]);

    private static void AssertWithin(double tolerance, Tensor expected, Tensor actual, string what)
    {
        Assert.Equal(expected.shape, actual.shape);
        var distance = (expected.to(ScalarType.Float64) - actual.detach().to(ScalarType.Float64)).abs().max().item<double>();
        Assert.True(distance <= tolerance, $"{what}: {distance:g3} off, the tolerance is {tolerance:g3}");
    }
}
