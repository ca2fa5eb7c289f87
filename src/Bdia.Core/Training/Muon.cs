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
    // x -> a x + b x³ + c x⁵ draws singular values towards 1, and lets them end between 0.68 and 1.13 (Jordan et al.).
    private const double A = 3.4445, B = -4.7750, C = 2.0315;

    // Theirs are five. The norm of the square, taken in the first round anyway, is a closer bound of the largest singular value than the
    // matrix's own: of 128 equal ones it is 3.4 times as large as they are, not 11.3 times, and one round is what makes up for that.
    private const int Rounds = 4;

    // Keeps a gradient of zero from becoming 0 / 0.
    private const double SmallestNorm = 1e-30;

    /// <summary>Root of the mean square of a step, over the learning rate.</summary>
    public const double StepSize = 0.2;

    /// <summary>Updates a parameter and its momentum.</summary>
    public static void Update(AdamWSlot slot, Tensor gradient, AdamWStep step)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var gain = 1 - step.Momentum;
        var scaled = gradient.to(float32).Times(step.GradientScale);
        var first = slot.First!.Read();
        first.TimesInPlace(step.Momentum).PlusInPlace(scaled, gain);
        var ahead = scaled.TimesInPlace(gain).PlusInPlace(first, step.Momentum);
        slot.First!.Write(first, Moment.Chance(step.Number, slot.Number, isSigned: true));
        var (rows, columns) = (ahead.shape[0] / slot.Parts.Count, ahead.shape[1]);
        var direction = Orthogonal(ahead.view(slot.Parts.Count, rows, columns), slot.Parts.InBFloat16);
        var size = StepSize * Math.Sqrt(Math.Max(rows, columns));
        slot.Parameter.TimesInPlace(step.Keep)
            .PlusInPlace(direction.reshape(ahead.shape), -step.LearningRate * slot.RateScale * size);
    }

    /// <summary>Matrices with the singular vectors of others and singular values near 1, by Newton and Schulz's iteration.</summary>
    /// <param name="matrices">(count, rows, columns), float32.</param>
    /// <param name="inBFloat16">Whether products are taken in bfloat16.</param>
    /// <returns>The same shape, float32.</returns>
    internal static Tensor Orthogonal(Tensor matrices, bool inBFloat16)
    {
        using var scope = NewDisposeScope();
        var isTall = matrices.shape[1] > matrices.shape[2];
        var wide = isTall ? matrices.transpose(1, 2) : matrices;
        var x = wide.div(Norm(wide));
        if (inBFloat16) x = x.to(bfloat16);
        for (var round = 0; round < Rounds; round++)
        {
            var square = x.bmm(x.transpose(1, 2));
            if (round == 0)
            {
                var norm = Norm(square.to(float32));
                square = square.div(norm.to(square.dtype));
                x = x.div(norm.sqrt().to(x.dtype));
            }

            // TorchSharp 0.107's baddbmm takes its three tensors in another order than it says.
            var polynomial = square.bmm(square).TimesInPlace(C).PlusInPlace(square, B);
            x = polynomial.bmm(x).PlusInPlace(x, A);
        }

        x = x.to(float32);
        return (isTall ? x.transpose(1, 2) : x).MoveToOuterDisposeScope();
    }

    /// <summary>The Frobenius norm of each matrix, (count, 1, 1).</summary>
    private static Tensor Norm(Tensor matrices) => matrices.Squared().sum([1, 2], keepdim: true).sqrt().Plus(SmallestNorm);
}
