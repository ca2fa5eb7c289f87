using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>What is computed of the logits (B, classes) of a classifier, whatever it classifies.</summary>
internal static class ClassLoss
{
    /// <summary>Cross-entropy, a scalar with its graph.</summary>
    /// <param name="logits">(B, classes).</param>
    /// <param name="targets">(B, classes): probabilities times the weight of the row.</param>
    /// <param name="weight">Sum of the weights, by which it is divided.</param>
    public static Tensor Mean(Tensor logits, Tensor targets, double weight)
        => targets.mul(nn.functional.log_softmax(logits, dim: 1)).sum().Times(-1.0 / weight);

    /// <summary>The sum of the cross-entropies of all rows, in double precision.</summary>
    public static double Sum(Tensor logits, Tensor targets)
    {
        using var scope = NewDisposeScope();
        return -nn.functional.log_softmax(logits.to(float64), dim: 1).mul(targets).sum().item<double>();
    }

    /// <summary>Rows whose largest logit is that of their class.</summary>
    public static long Correct(Tensor logits, Tensor labels)
    {
        using var scope = NewDisposeScope();
        return logits.argmax(1).eq(labels).sum().item<long>();
    }

    /// <summary>Writes the probabilities, (B, classes), row by row.</summary>
    public static void Probabilities(Tensor logits, Span<float> probabilities)
    {
        using var scope = NewDisposeScope();
        // In double precision, so that rows of many classes still sum to 1.
        var exact = nn.functional.softmax(logits.to(float64), dim: 1).to(float32).cpu().contiguous();
        MemoryMarshal.Cast<byte, float>(exact.bytes).CopyTo(probabilities);
    }
}
