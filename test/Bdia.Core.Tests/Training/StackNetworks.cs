using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.Models;
using Bdia.Core.Training;
using static TorchSharp.torch;
using Nets = Bdia.Core.Tests.Reversible.Stacks;

namespace Bdia.Core.Tests.Training;

/// <summary>A module with reversible stacks, a loss that depends on the clock alone, and an optimizer.</summary>
internal sealed class StackNetwork(nn.Module module, TrainingClock clock, BdiaStack[] stacks, Func<Tensor> loss) : IDisposable
{
    private long steps;

    public AdamW Optimizer { get; } = new(ParameterGroups.Of(module), weightDecay: 0.1);

    public IReadOnlyList<BdiaStack> Stacks => stacks;

    public TrainingClock Clock => clock;

    public static StackNetwork Images(BackpropagationMode mode, ComputePrecision precision)
    {
        var model = Nets.Spread(new VisionTransformer(new()
        {
            ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 3, PatchSize = 4, Width = 16, Depth = 3,
                Heads = 2, FeedForwardWidth = 24,
            Dropout = 0.1, StochasticDepth = 0.1, Precision = precision, Stack = new() { Mode = mode },
        }, seed: 1), 0.1);
        var (images, labels) = (Nets.Normal(5, 4, 1, 8, 8), tensor(new long[] { 0, 1, 2, 1 }));
        return new StackNetwork(model, model.Clock, [model.Blocks], () => nn.functional.cross_entropy(model.forward(images), labels));
    }

    public static StackNetwork Texts(BackpropagationMode mode, ComputePrecision precision)
    {
        var model = Nets.Spread(new EncoderDecoder(SmallNetworks.Small with
        {
            SourceVocabulary = 13, ShareEmbeddings = true, TieOutput = true, Dropout = 0.1, Precision = precision,
                Stack = new() { Mode = mode },
        }, seed: 1), 0.1);
        var (source, target) = (SmallNetworks.Source, SmallNetworks.Target);
        return new StackNetwork(model, model.Clock, [model.Encoder, model.Decoder], () =>
        {
            var logits = model.Project(model.Decode(target, model.Encode(source), source));
            return nn.functional.cross_entropy(logits.reshape(-1, 13), target.reshape(-1));
        });
    }

    /// <summary>Forward and backward, as the closures of a step do.</summary>
    public void Backward()
    {
        using var scope = NewDisposeScope();
        clock.Step = steps;
        module.train();
        loss().backward();
    }

    /// <summary>A step over all gradients at once.</summary>
    public double Step(double rate, double clip)
    {
        Optimizer.ZeroGradients();
        Backward();
        var norm = Optimizer.GradientNorm();
        Optimizer.Step(++steps, rate, Scale(norm, clip));
        return norm;
    }

    /// <summary>The same step within the backward pass.</summary>
    public double Step(AdamWInBackward inBackward, double rate, double clip)
    {
        var measured = clip > 0 ? inBackward.Measure(Backward) : (double?)null;
        var norm = inBackward.Step(Backward, steps + 1, rate, measured is { } known ? Scale(known, clip) : 1);
        steps++;
        Assert.Equal(measured ?? norm, norm);
        return norm;
    }

    /// <summary>All weights and moments.</summary>
    public byte[] Bytes() => [.. Weights.Bytes(module), .. Optimizer.State.SelectMany(pair => pair.Value.bytes.ToArray())];

    public void Dispose()
    {
        Optimizer.Dispose();
        module.Dispose();
    }

    private static double Scale(double norm, double clip) => clip > 0 && norm > clip ? clip / norm : 1;
}
