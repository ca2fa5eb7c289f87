using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Core.TextGeneration;

/// <summary>Into how many parts batches of windows must be cut to fit <see cref="TrainingOptions.TrainingMemoryBytes"/>.</summary>
internal static class GenerationParts
{
    /// <summary>The fewest parts with which every batch fits; 1 where there is no budget.</summary>
    /// <param name="model">The network, with its vocabulary.</param>
    /// <param name="training">The budget.</param>
    /// <param name="weightCopies">Copies of the weights that the run keeps.</param>
    /// <param name="shapes">Windows of the batches, and tokens of each.</param>
    /// <exception cref="ArgumentException">Not even one window at a time fits, or batches cannot be cut because the optimizer works within
    /// the backward pass.</exception>
    public static int Fewest(LanguageModelOptions model, TrainingOptions training, int weightCopies,
        IEnumerable<(int Rows, int Tokens)> shapes)
    {
        if (training.TrainingMemoryBytes is not { } budget) return 1;
        var parts = 1;
        foreach (var (rows, tokens) in shapes)
        {
            MemoryEstimate Estimate(int count) =>
                MemoryEstimate.ForTexts(model, count, tokens, weightCopies, training.OptimizerInBackward, training.SureOptimizer,
                        training.MomentFormat)
                    .OfRank(training.OnOneRank());
            if (Estimate(rows).Total <= budget) continue;
            if (training.OptimizerInBackward)
                throw MemoryBudget.CannotCut(budget, $"a batch of {rows} windows of {tokens} tokens", Estimate(rows),
                    nameof(GenerationTrainingOptions.TokensPerBatch));
            if (Estimate(1).Total > budget)
                throw MemoryBudget.TooSmall(budget, $"one window of {tokens} tokens at a time", Estimate(1), model.Stack.Mode);
            var (fits, exceeds) = (1, rows);
            while (exceeds - fits > 1)
            {
                var middle = fits + (exceeds - fits) / 2;
                if (Estimate(middle).Total <= budget) fits = middle;
                else exceeds = middle;
            }

            parts = Math.Max(parts, (rows + fits - 1) / fits);
        }

        return parts;
    }

    /// <summary>The network with as many blocks kept as there is room for beside the largest part.</summary>
    public static LanguageModelOptions Keep(LanguageModelOptions model, TrainingOptions training, int weightCopies,
        IReadOnlyCollection<(int Rows, int Tokens)> shapes, int parts)
        => model with
        {
            Stack = MemoryBudget.Keep(model.Stack, model.Depth, training,
                stack => Largest(model with { Stack = stack }, training.OnOneRank(), weightCopies, shapes, parts).Total),
        };

    /// <summary>The estimate of the largest part.</summary>
    public static MemoryEstimate Largest(LanguageModelOptions model, TrainingOptions training, int weightCopies,
        IEnumerable<(int Rows, int Tokens)> shapes, int parts)
        => shapes.Select(shape => MemoryEstimate.ForTexts(model, (shape.Rows + parts - 1) / parts, shape.Tokens, weightCopies,
            training.OptimizerInBackward, training.SureOptimizer, training.MomentFormat).OfRank(training))
            .MaxBy(estimate => estimate.Total)!;
}
