using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Training;

public sealed class AdamWTests
{
    private static Tensor Filled(ulong seed, params long[] shape)
    {
        var random = RandomSequence.At(seed);
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        for (var i = 0; i < values.Length; i++) values[i] = (float)random.NextGaussian();
        return tensor(values, shape);
    }

    private static ParameterGroups Groups(params Tensor[] parameters)
    {
        var named = parameters.Select((p, i) => ($"p{i}", p)).ToArray();
        return new ParameterGroups(named, ["p0"], named.Skip(1).Select(p => p.Item1));
    }

    [Fact]
    public void Twenty_steps_agree_with_the_formula_of_torch_optim_AdamW_to_float_rounding()
    {
        using var scope = NewDisposeScope();
        var (weight, bias) = (Filled(1, 33, 7), Filled(2, 13));
        var (plain, plainBias) = (new PlainAdamW(weight.data<float>().ToArray(), 0.1), new PlainAdamW(bias.data<float>().ToArray(), 0));
        weight.requires_grad = bias.requires_grad = true;
        using var optimizer = new AdamW(Groups(weight, bias), 0.9, 0.99, 1e-8, 0.1);

        for (var step = 1; step <= 20; step++)
        {
            (weight.grad, bias.grad) = (Filled((ulong)(10 * step), 33, 7), Filled((ulong)(10 * step + 1), 13));
            plain.Step(step, weight.grad.data<float>().ToArray());
            plainBias.Step(step, bias.grad.data<float>().ToArray());
            optimizer.Step(step, 0.01);
        }

        Assert.All(weight.data<float>().ToArray().Zip(plain.Weights), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
        Assert.All(bias.data<float>().ToArray().Zip(plainBias.Weights), pair => Assert.Equal(pair.Second, pair.First, 1e-6f));
    }

    // What torch.optim.AdamW does, in its order. TorchSharp's own may lose a number to the garbage collector (see ScalarScan).
    private sealed class PlainAdamW(float[] weights, double decay)
    {
        private readonly float[] means = new float[weights.Length], squares = new float[weights.Length];

        public float[] Weights => weights;

        public void Step(int step, float[] gradient)
        {
            const double Rate = 0.01, Beta1 = 0.9, Beta2 = 0.99, Epsilon = 1e-8;
            var (size, correction) = ((float)(Rate / (1 - Math.Pow(Beta1, step))), (float)Math.Sqrt(1 - Math.Pow(Beta2, step)));
            for (var i = 0; i < weights.Length; i++)
            {
                weights[i] *= (float)(1 - Rate * decay);
                means[i] = means[i] * (float)Beta1 + gradient[i] * (float)(1 - Beta1);
                squares[i] = squares[i] * (float)Beta2 + gradient[i] * gradient[i] * (float)(1 - Beta2);
                weights[i] -= size * means[i] / (MathF.Sqrt(squares[i]) / correction + (float)Epsilon);
            }
        }
    }

    [Fact]
    public void Operations_for_other_devices_agree_with_the_pass_over_memory()
    {
        using var scope = NewDisposeScope();
        var (memory, operations) = (Filled(1, 50, 30), Filled(1, 50, 30));
        memory.requires_grad = operations.requires_grad = true;
        using var a = new AdamW(Groups(memory));
        using var b = new AdamW(Groups(operations));
        for (var step = 1; step <= 10; step++)
        {
            memory.grad = Filled((ulong)step, 50, 30);
            operations.grad = Filled((ulong)step, 50, 30).t().contiguous().t(); // not contiguous: takes the other way
            a.Step(step, 0.01, 0.5);
            b.Step(step, 0.01, 0.5);
        }

        Assert.True((memory - operations).abs().max().item<float>() < 1e-6);
        Assert.Equal(a.GradientNorm(), b.GradientNorm(), 9);
    }

    [Fact]
    public void Large_parameters_end_with_the_same_bits_in_parallel_as_on_one_thread()
    {
        using var scope = NewDisposeScope();
        var results = new List<(byte[] Weights, double Norm)>();
        foreach (var count in new[] { 1, 2 })
        {
            var p = Filled(3, 700, 501);
            p.requires_grad = true;
            using var optimizer = new AdamW(Groups(p)) { Threads = count };
            p.grad = Filled(4, 700, 501);
            optimizer.Step(1, 0.1);
            optimizer.Step(2, 0.1);
            results.Add((p.bytes.ToArray(), optimizer.GradientNorm()));
        }

        Assert.Equal(results[0].Weights, results[1].Weights);
        Assert.Equal(results[0].Norm, results[1].Norm);
    }

    [Fact]
    public void Gradient_norm_is_that_of_all_gradients_as_one_vector()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Filled(1, 100_001), Filled(2, 3));
        a.requires_grad = b.requires_grad = true;
        (a.grad, b.grad) = (Filled(5, 100_001), Filled(6, 3));
        using var optimizer = new AdamW(Groups(a, b));

        var expected = Math.Sqrt(a.grad!.to(float64).Squared().sum().item<double>() + b.grad!.to(float64).Squared().sum().item<double>());
        Assert.Equal(expected, optimizer.GradientNorm(), 9);
    }

    [Fact]
    public void A_parameter_without_a_gradient_stays_and_keeps_its_moments()
    {
        using var scope = NewDisposeScope();
        var (a, b) = (Filled(1, 5), Filled(2, 5));
        a.requires_grad = b.requires_grad = true;
        var before = b.bytes.ToArray();
        a.grad = Filled(3, 5);
        using var optimizer = new AdamW(Groups(a, b));

        optimizer.Step(1, 0.1);

        Assert.Equal(before, b.bytes.ToArray());
        Assert.Equal(0, optimizer.State.Single(pair => pair.Key == "v.p1").Value.abs().sum().item<float>());
    }

    [Fact]
    public void Moments_that_are_not_its_own_are_refused_by_name()
    {
        using var scope = NewDisposeScope();
        var a = Filled(1, 5);
        a.requires_grad = true;
        using var optimizer = new AdamW(Groups(a));
        var fault = Assert.Throws<InvalidDataException>(
            () => optimizer.Load(new Dictionary<string, Tensor> { ["m.p0"] = zeros(4), ["x"] = zeros(1) }));
        Assert.Contains("m.p0, v.p0, x", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_parameter_must_be_in_exactly_one_group()
    {
        using var scope = NewDisposeScope();
        var fault = Assert.Throws<ArgumentException>(() => new ParameterGroups([("a", zeros(1)), ("b", zeros(1))], ["a", "c"], ["a"]));
        Assert.Contains("in both groups: a", fault.Message, StringComparison.Ordinal);
        Assert.Contains("in neither group: b", fault.Message, StringComparison.Ordinal);
        Assert.Contains("no such parameter: c", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Usual_groups_spare_vectors_and_what_is_named()
    {
        using var net = new ToyModule(1);
        Assert.Equal(["fc1", "fc2"], ParameterGroups.Of(net).Parameters.Where(p => p.Decays).Select(p => p.Name));
        Assert.Equal(["fc2"], ParameterGroups.Of(net, ["fc1"]).Parameters.Where(p => p.Decays).Select(p => p.Name));
        Assert.Contains("no such parameter: cls", Assert.Throws<ArgumentException>(() => ParameterGroups.Of(net, ["cls"])).Message,
            StringComparison.Ordinal);
    }
}
