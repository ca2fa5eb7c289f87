using Bdia.Core.Blocks;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Models;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>
/// What a backward pass reads must be as the forward pass left it: anything else is an error, as it is of libtorch's own layers, never a
/// wrong gradient.
/// </summary>
public class ChangedValuesTests
{
    private const string Said = "were written to between the forward and the backward pass";

    public static TheoryData<BackpropagationMode> Modes => [.. Enum.GetValues<BackpropagationMode>()];

    [Theory]
    [MemberData(nameof(Modes))]
    public void Any_weight_of_any_block_is_noticed(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = Transformers(mode);
        foreach (var leading in new int?[] { null, 1 })
        {
            foreach (var (name, parameter) in stack.named_parameters())
            {
                var y = leading is { } tokens ? stack.Leading(Stacks.Normal(3, 2, 5, 8), tokens) : stack.forward(Stacks.Normal(3, 2, 5, 8));
                using (no_grad()) parameter.view(-1)[0].PlusInPlace(1e-3f);
                Assert.True(Fails(y), name);
                Assert.Contains(Said, stack.BackwardFault!.Message, StringComparison.Ordinal);
                stack.zero_grad();
            }
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Weights_of_residuals_without_a_backward_pass_of_their_own_are_noticed(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(4, 8, new() { Mode = mode });
        foreach (var block in stack.Residuals)
        {
            var y = stack.forward(Stacks.Normal(3, 2, 5, 8));
            using (no_grad()) block.parameters().First().TimesInPlace(1.001f);
            Assert.True(Fails(y));
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void An_optimizer_step_between_the_two_passes_is_noticed(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var images = new VisionTransformer(new()
        {
            ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 3, PatchSize = 4, Width = 8, Depth = 3,
                Heads = 2, FeedForwardWidth = 12, Stack = new() { Mode = mode },
        }, seed: 1);
        using var texts = new EncoderDecoder(SmallNetworks.Small with { Stack = new() { Mode = mode } }, seed: 1);
        var pictures = Stacks.Normal(5, 2, 1, 8, 8);
        // Of the blocks alone: libtorch itself notices the layers around them.
        Check(images, [images.Blocks], () => images.forward(pictures));
        Check(texts, [texts.Encoder, texts.Decoder],
            () => texts.Project(texts.Decode(SmallNetworks.Target, texts.Encode(SmallNetworks.Source), SmallNetworks.Source)));

        static void Check(nn.Module network, BdiaStack[] stacks, Func<Tensor> forward)
        {
            network.train();
            foreach (var stack in stacks)
            {
                forward().sum().backward();
                var y = forward();
                using var optimizer = new AdamW(ParameterGroups.Of(stack));
                optimizer.Step(1, 1e-3);
                Assert.True(Fails(y));
                Assert.Contains(Said, stack.BackwardFault!.Message, StringComparison.Ordinal);

                network.zero_grad();
                forward().sum().backward();
                y = forward();
                using (no_grad())
                    foreach (var parameter in stack.parameters()) parameter.PlusInPlace(parameter.grad!, -1e-3); // as libtorch's SGD does
                Assert.True(Fails(y));

                y = forward();
                ModuleState.Load(stack, ModuleState.Save(stack).ToDictionary(pair => pair.Key, pair => pair.Value.clone()));
                Assert.True(Fails(y));
            }
        }
    }

    [Fact]
    public void In_evaluation_mode_with_gradients_weights_are_noticed_as_well()
    {
        using var scope = NewDisposeScope();
        using var stack = Transformers(BackpropagationMode.Reversible);
        stack.eval();
        foreach (var (name, parameter) in stack.named_parameters())
        {
            var y = stack.forward(Stacks.Normal(3, 2, 5, 8));
            using (no_grad()) parameter.view(-1)[0].PlusInPlace(1e-3f);
            Assert.True(Fails(y), name);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Further_inputs_are_noticed(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var stack = new BdiaStack("stack",
            Enumerable.Range(0, 3).Select(_ => new TransformerBlock(Options with { Causal = true, CrossAttention = true }, generator)),
            new() { Mode = mode });
        var (memory, mask) = (Stacks.Normal(4, 2, 6, 8).requires_grad_(true), ones([2, 6], ScalarType.Bool));
        foreach (var input in new[] { memory, mask })
        {
            var y = stack.forward(Stacks.Normal(3, 2, 5, 8), memory, mask);
            using (no_grad()) input[1, 2] = input[1, 2].logical_not().to(input.dtype);
            Assert.True(Fails(y));
            Assert.Contains(Said, stack.BackwardFault!.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [MemberData(nameof(Modes))]
    public void Loops_that_change_weights_after_all_backward_passes_are_left_alone(BackpropagationMode mode)
    {
        using var scope = NewDisposeScope();
        using var stack = Transformers(mode);
        using var other = Transformers(mode);
        using var optimizer = new AdamW(ParameterGroups.Of(stack));
        using var otherOptimizer = new AdamW(ParameterGroups.Of(other));
        for (var step = 1; step <= 3; step++)
        {
            var (first, second) = (stack.forward(Stacks.Normal(3, 2, 5, 8)), stack.forward(Stacks.Normal(4, 2, 5, 8)));
            other.forward(Stacks.Normal(5, 2, 5, 8)).sum().backward();
            otherOptimizer.Step(step, 1e-3);
            stack.zero_grad();
            second.sum().backward();
            first.sum().backward();
            optimizer.Step(step, 1e-3);
        }
    }

    [Fact]
    public void Second_derivatives_are_refused()
    {
        using var scope = NewDisposeScope();
        using var stack = Transformers(BackpropagationMode.Reversible);
        var x = Stacks.Normal(3, 2, 5, 8).requires_grad_(true);
        var y = stack.forward(x).sum();
        Assert.ThrowsAny<Exception>(() => autograd.backward([y], create_graph: true));
        Assert.Contains("no second derivatives", stack.BackwardFault!.Message, StringComparison.Ordinal);
    }

    private static TransformerBlockOptions Options => new() { Width = 8, Heads = 2, FeedForwardWidth = 12, Dropout = 0.1 };

    private static BdiaStack Transformers(BackpropagationMode mode)
    {
        using var generator = new Generator(1);
        return new BdiaStack("stack", Enumerable.Range(0, 4).Select(_ => new TransformerBlock(Options, generator)), new() { Mode = mode });
    }

    private static bool Fails(Tensor y)
    {
        try
        {
            y.sum().backward();
            return false;
        }
        catch (System.Runtime.InteropServices.ExternalException)
        {
            return true;
        }
    }
}
