using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Muon (Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024): momentum whose direction is made orthogonal, so
/// that a step moves all directions of a matrix alike and not only the few that gradients are large in.
/// </summary>
/// <remarks>
/// In symbols, with gradient g: m = b m + (1 - b) g; u = b m + (1 - b) g (Nesterov); p -= lr * decay * p;
/// p -= lr * 0.2 √max(rows, columns) * O(u), where O(u) has the singular vectors of u and singular values near 1. The factor makes the
/// root of the mean square of a step 0.2 lr, about that of AdamW's (Liu et al., "Muon is Scalable for LLM Training", 2025). Matrices that
/// lie one below the other in one parameter are taken each by itself.
/// </remarks>
internal static class Muon
{
    // x -> a x + b x³ + c x⁵ takes singular values from 0.003 to 1 between 0.68 and 1.13 in five rounds (Jordan et al.).
    private const float A = 3.4445f, B = -4.7750f, C = 2.0315f;
    private const int Rounds = 5;

    // The largest singular value is below the Frobenius norm; this keeps a gradient of zero from becoming 0 / 0.
    private const double SmallestNorm = 1e-7;

    /// <summary>Root of the mean square of a step, over the learning rate.</summary>
    public const double StepSize = 0.2;

    /// <summary>Updates a parameter and its momentum.</summary>
    public static void Update(AdamWSlot slot, Tensor gradient, AdamWStep step)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gain = 1 - step.Momentum;
        var scaled = gradient.to(float32).Times(step.GradientScale);
        slot.First.TimesInPlace(step.Momentum).PlusInPlace(scaled, gain);
        var ahead = scaled.TimesInPlace(gain).PlusInPlace(slot.First, step.Momentum);
        slot.Parameter.TimesInPlace(step.Keep);
        var rows = ahead.shape[0] / slot.Matrices;
        for (var part = 0; part < slot.Matrices; part++)
        {
            using var each = NewDisposeScope();
            var (direction, target) = (ahead.narrow(0, part * rows, rows), slot.Parameter.narrow(0, part * rows, rows));
            var size = StepSize * Math.Sqrt(Math.Max(rows, direction.shape[1]));
            target.PlusInPlace(Orthogonal(direction), -step.LearningRate * slot.RateScale * size);
        }
    }

    /// <summary>A matrix with the singular vectors of another and singular values near 1, by Newton and Schulz's iteration.</summary>
    /// <param name="matrix">(rows, columns), float32.</param>
    internal static Tensor Orthogonal(Tensor matrix)
    {
        using var scope = NewDisposeScope();
        var isTall = matrix.shape[0] > matrix.shape[1];
        var wide = isTall ? matrix.t() : matrix;
        using var norm = wide.norm();
        var x = wide.Times(1 / (norm.item<float>() + SmallestNorm));
        for (var round = 0; round < Rounds; round++)
        {
            using var square = x.mm(x.t());
            using var polynomial = square.addmm(square, square, B, C);
            var next = x.addmm(polynomial, x, A, 1);
            x.Dispose();
            x = next;
        }

        return (isTall ? x.t() : x).MoveToOuterDisposeScope();
    }
}
