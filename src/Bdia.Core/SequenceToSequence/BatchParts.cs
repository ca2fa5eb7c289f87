using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Into how many parts batches of text must be cut to fit <see cref="TrainingOptions.TrainingMemoryBytes"/>.</summary>
internal static class BatchParts
{
    /// <summary>The fewest parts with which every batch fits; 1 where there is no budget.</summary>
    /// <param name="model">The network, with its vocabularies.</param>
    /// <param name="training">The budget.</param>
    /// <param name="weightCopies">Copies of the weights that the run keeps.</param>
    /// <param name="shapes">Rows and lengths of the batches.</param>
    /// <exception cref="ArgumentException">Not even one row at a time fits, or batches cannot be cut because the optimizer works within the
    /// backward pass.</exception>
    public static int Fewest(EncoderDecoderOptions model, TrainingOptions training, int weightCopies,
        IEnumerable<(int Rows, int SourceTokens, int TargetTokens)> shapes)
    {
        if (training.TrainingMemoryBytes is not { } budget) return 1;
        var parts = 1;
        foreach (var (rows, source, target) in shapes)
        {
            if (Total(rows) <= budget) continue;
            if (training.OptimizerInBackward)
                throw MemoryBudget.CannotCut(budget, $"a batch of {rows} pairs of {source} and {target} tokens",
                    Estimate(rows), nameof(SequenceTrainingOptions.TokensPerBatch));
            if (Total(1) > budget)
                throw MemoryBudget.TooSmall(budget, $"one pair of {source} and {target} tokens at a time", Estimate(1), model.Stack.Mode);
            var (fits, exceeds) = (1, rows);
            while (exceeds - fits > 1)
            {
                var middle = fits + (exceeds - fits) / 2;
                if (Total(middle) <= budget) fits = middle;
                else exceeds = middle;
            }

            parts = Math.Max(parts, (rows + fits - 1) / fits);

            MemoryEstimate Estimate(int count) =>
                MemoryEstimate.ForTexts(model, count, source, target, weightCopies, training.OptimizerInBackward,
                        training.SureOptimizer, training.MomentFormat)
                    .OfRank(training.OnOneRank());
            long Total(int count) => Estimate(count).Total;
        }

        return parts;
    }

    /// <summary>The network with as many blocks kept, of either stack, as there is room for beside the largest part.</summary>
    public static EncoderDecoderOptions Keep(EncoderDecoderOptions model, TrainingOptions training, int weightCopies,
        IReadOnlyCollection<(int Rows, int SourceTokens, int TargetTokens)> shapes, int parts)
        => model with
        {
            Stack = MemoryBudget.Keep(model.Stack, Math.Max(model.EncoderDepth, model.DecoderDepth), training,
                stack => Largest(model with { Stack = stack }, training.OnOneRank(), weightCopies, shapes, parts).Total),
        };

    /// <summary>The estimate of the largest part.</summary>
    public static MemoryEstimate Largest(EncoderDecoderOptions model, TrainingOptions training, int weightCopies,
        IEnumerable<(int Rows, int SourceTokens, int TargetTokens)> shapes, int parts)
        => shapes.Select(shape => MemoryEstimate.ForTexts(model, (shape.Rows + parts - 1) / parts, shape.SourceTokens,
            shape.TargetTokens, weightCopies, training.OptimizerInBackward, training.SureOptimizer, training.MomentFormat).OfRank(training))
            .MaxBy(estimate => estimate.Total)!;
}
