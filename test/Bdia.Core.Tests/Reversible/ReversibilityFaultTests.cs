using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Reversible;

/// <summary>Exact, or an error: everything that would make a gradient silently wrong is caught.</summary>
public class ReversibilityFaultTests
{
    [Fact]
    public void A_state_beyond_the_exact_range_is_an_error_that_names_block_magnitude_limit_and_remedy()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(3, 8, new());
        var e = Assert.Throws<ReversibilityException>(() => stack.forward(ones(1, 2, 8).Times(40000)));
        Assert.Equal(0, e.Block);
        Assert.Equal("Block 0 produced a state of magnitude 40000, beyond 32768, the largest that float32 holds exactly with 9 fraction "
            + "bits. "
            + "Use fewer fraction bits (each one less doubles the limit), a lower learning rate, or gradient clipping.", e.Message);
    }

    [Theory]
    [InlineData(float.NaN, "not a number")]
    [InlineData(float.PositiveInfinity, "infinite")]
    public void What_is_not_finite_is_an_error(float value, string said)
    {
        using var scope = NewDisposeScope();
        foreach (var mode in Enum.GetValues<BackpropagationMode>())
        {
            using var stack = Stacks.Of(3, 8, new() { Mode = mode });
            var input = zeros(1, 2, 8);
            input[0, 1, 3] = tensor(value);
            Assert.Contains(said, Assert.Throws<ReversibilityException>(() => stack.forward(input)).Message);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    [InlineData(4)]
    public void An_impure_residual_fails_the_backward_pass_always_and_is_named_by_audit_and_probe(int at)
    {
        using var scope = NewDisposeScope();
        var input = Stacks.Normal(3, 2, 5, 8);
        BdiaStack Impure(bool audit) => new("stack", Enumerable.Range(0, 5).Select(k =>
        {
            Residual pure = new Stacks.Mixer(8, (ulong)k + 1, 0.1, false);
            return k == at ? new Stacks.Impure(pure) : pure;
        }), new() { Audit = audit });

        using (var stack = Impure(audit: false))
        {
            Assert.ThrowsAny<Exception>(() => stack.forward(input).sum().backward());
            Assert.Contains("in the backward pass", stack.BackwardFault!.Message);
        }

        using (var stack = Impure(audit: true))
        {
            Assert.ThrowsAny<Exception>(() => stack.forward(input).sum().backward());
            Assert.Equal(at == 0 ? -1 : at, stack.BackwardFault!.Block); // block 0 has no state below it to audit; the last check finds it
        }

        using (var stack = Impure(audit: false))
        {
            var report = ReversibilityProbe.Run(stack, input);
            Assert.Equal(at, report.FirstDifferingBlock);
            Assert.Single(report.DifferingBlocks);
        }
    }

    [Fact]
    public void Changing_the_output_in_place_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(2, 8, new());
        var y = stack.forward(Stacks.Normal(3, 2, 5, 8));
        using (no_grad()) y.PlusInPlace(1);
        Assert.ThrowsAny<Exception>(() => y.sum().backward());
        Assert.NotNull(stack.BackwardFault);
    }

    [Fact]
    public void A_second_backward_through_one_pass_is_an_error()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(2, 8, new());
        var y = stack.forward(Stacks.Normal(3, 2, 5, 8)).sum();
        autograd.backward([y], retain_graph: true);
        Assert.ThrowsAny<Exception>(() => y.backward());
        Assert.Contains("once per forward", stack.BackwardFault!.Message);
    }

    [Fact]
    public void A_residual_of_another_shape_is_an_error_that_names_it()
    {
        using var scope = NewDisposeScope();
        using var stack = new BdiaStack("stack", [new Stacks.Mixer(8, 1, 0, false), new Narrow()]);
        var e = Assert.Throws<InvalidOperationException>(() => stack.forward(zeros(1, 2, 8)));
        Assert.Equal("Residual 1 returned Float32 of shape (1, 2, 7); a residual must return Float32 of its input's shape (1, 2, "
            + "8).", e.Message);
    }

    [Fact]
    public void Options_report_all_faults_at_once()
    {
        var e = Assert.Throws<ArgumentException>(
            () => new BdiaStackOptions { FractionBits = 30, Quantize = false, InferenceGamma = 2, Gamma = GammaSchedule.Weight(0.6) }
            .Validate());
        foreach (var part in new[] { "FractionBits is 30", "InferenceGamma is 2", "Quantize is false", "Gamma is w0.6" }) Assert.Contains(
            part, e.Message);
    }

    [Fact]
    public void A_stack_needs_residuals_and_float32()
    {
        Assert.Contains("at least one", Assert.Throws<ArgumentException>(() => new BdiaStack("stack", [])).Message);
        using var stack = Stacks.Of(1, 8, new());
        using var wrong = zeros(new long[] { 1, 2, 8 }, float64);
        Assert.Contains("Float64", Assert.Throws<ArgumentException>(() => stack.forward(wrong)).Message);
    }

    private sealed class Narrow() : Residual("narrow")
    {
        public override Tensor forward(Tensor x, ResidualContext context) => x.narrow(-1, 0, x.shape[^1] - 1);
    }
}
