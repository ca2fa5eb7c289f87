using System.Globalization;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>
/// Makes the batches of a run small enough for <see cref="TrainingOptions.TrainingMemoryBytes"/>, gathers as many more of them for a
/// step, and uses what is left to keep what would be computed twice.
/// </summary>
public static class MemoryBudget
{
    private const int MostAccumulationSteps = 100_000;

    /// <summary>
    /// The largest batch that divides the asked one and fits, with so many more accumulation steps that a step of the optimizer takes the
    /// same rows as asked.
    /// <see cref="ImageClassification.ImageClassifierTraining"/> calls it; others need it only to know beforehand.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="training">Batch size (null for the largest that is chosen) and accumulation as asked, and the budget.</param>
    /// <returns>The options with other batches, or as they are where there is no budget or they fit.</returns>
    /// <exception cref="ArgumentException">
    /// Options are out of range, or not even one row at a time fits the budget (with <see cref="TrainingOptions.OptimizerInBackward"/>, not
    /// the batch as asked); the message says what it takes.
    /// </exception>
    public static TrainingOptions Fit(VisionTransformerOptions model, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        model.Validate();
        return Fit(training, batches => MemoryEstimate.ForImages(model, batches.OnOneRank()), ("image", "images"), model.Stack.Mode);
    }

    /// <summary>The same for a network that reads texts.</summary>
    /// <param name="model">The network.</param>
    /// <param name="training">Batch size (null for the largest that is chosen) and accumulation as asked, and the budget.</param>
    /// <param name="tokens">Tokens of the longest row, at least 1.</param>
    /// <returns>The options with other batches, or as they are where there is no budget or they fit.</returns>
    /// <inheritdoc cref="Fit(VisionTransformerOptions, TrainingOptions)"/>
    public static TrainingOptions Fit(TextEncoderOptions model, TrainingOptions training, int tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        model.Validate();
        return Fit(training, batches => MemoryEstimate.ForTexts(model, batches.OnOneRank(), tokens),
            ($"row of {tokens} tokens", $"rows of {tokens} tokens"), model.Stack.Mode);
    }

    /// <summary>
    /// The network with as many blocks kept (<see cref="BdiaStackOptions.KeptBlocks"/>) as the budget has room for, where that is left
    /// open: training takes less time and gives the same weights, bit for bit.
    /// </summary>
    /// <param name="model">The network.</param>
    /// <param name="training">Batches that fit, as <see cref="Fit(VisionTransformerOptions, TrainingOptions)"/> makes them, and the
    /// budget.</param>
    /// <returns>The options, as they are where there is no budget, no room, or another mode than Reversible.</returns>
    /// <exception cref="ArgumentException">Options are out of range.</exception>
    public static VisionTransformerOptions Keep(VisionTransformerOptions model, TrainingOptions training)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        return model with
        {
            Stack = Keep(model.Stack, model.Depth, training,
                stack => MemoryEstimate.ForImages(model with { Stack = stack }, training.OnOneRank()).Total),
        };
    }

    /// <summary>The same for a network that reads texts.</summary>
    /// <param name="model">The network.</param>
    /// <param name="training">Batches that fit, as <see cref="Fit(TextEncoderOptions, TrainingOptions, int)"/> makes them, and the
    /// budget.</param>
    /// <param name="tokens">Tokens of the longest row, at least 1.</param>
    /// <inheritdoc cref="Keep(VisionTransformerOptions, TrainingOptions)"/>
    public static TextEncoderOptions Keep(TextEncoderOptions model, TrainingOptions training, int tokens)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        return model with
        {
            Stack = Keep(model.Stack, model.Depth, training,
                stack => MemoryEstimate.ForTexts(model with { Stack = stack }, training.OnOneRank(), tokens).Total),
        };
    }

    /// <summary>The same of any network, whose estimate by the options of its stacks is given.</summary>
    internal static BdiaStackOptions Keep(BdiaStackOptions stack, int depth, TrainingOptions training, Func<BdiaStackOptions, long> total)
    {
        if (stack.Mode != BackpropagationMode.Reversible || stack.KeptBlocks is not null
            || training.TrainingMemoryBytes is not { } budget) return stack;
        for (var kept = depth; kept > 0; kept--)
        {
            var more = stack with { KeptBlocks = kept };
            if (total(more) <= budget) return more;
        }

        return stack;
    }

    private static TrainingOptions Fit(TrainingOptions training, Func<TrainingOptions, MemoryEstimate> estimate,
        (string One, string Many) rows, BackpropagationMode mode)
    {
        training.Validate();
        training = training.Cut();
        if (training.TrainingMemoryBytes is not { } budget) return training;
        if (training.OptimizerInBackward)
        {
            var whole = estimate(training);
            return whole.Total <= budget ? training
                : throw CannotCut(budget, $"a batch of {training.MostRows} {rows.Many}", whole, nameof(training.BatchSize));
        }

        for (var parts = 1; parts <= Math.Min(training.MostRows, MostAccumulationSteps / training.AccumulationSteps); parts++)
        {
            if (training.MostRows % parts != 0) continue;
            var smaller = training with { BatchSize = training.MostRows / parts, AccumulationSteps = training.AccumulationSteps * parts };
            if (estimate(smaller).Total <= budget) return parts == 1 ? training : smaller;
        }

        throw TooSmall(budget, $"one {rows.One} at a time", estimate(training with { BatchSize = 1 }), mode);
    }

    /// <summary>What a budget is answered with that batches would have to be cut for where gradients cannot be gathered.</summary>
    internal static ArgumentException CannotCut(long budget, string batch, MemoryEstimate estimate, string batchOption)
        => new(string.Create(CultureInfo.InvariantCulture,
            $"TrainingMemoryBytes is {budget} ({budget / MemoryEstimate.Mebibyte:F0} MiB), but {batch} takes {estimate}, and with "
            + $"OptimizerInBackward gradients of parts of a batch cannot be gathered. Raise it, lower {batchOption}, or set "
            + $"OptimizerInBackward to false."));

    /// <summary>What a budget that is too small is answered with.</summary>
    internal static ArgumentException TooSmall(long budget, string batch, MemoryEstimate estimate, BackpropagationMode mode)
        => new(string.Create(CultureInfo.InvariantCulture,
            $"TrainingMemoryBytes is {budget} ({budget / MemoryEstimate.Mebibyte:F0} MiB), but even {batch} takes {estimate}. Raise it, "
            + $"or choose a smaller network")
            + (mode == BackpropagationMode.Reversible ? "." : ", or the mode Reversible, which needs the least."));
}
