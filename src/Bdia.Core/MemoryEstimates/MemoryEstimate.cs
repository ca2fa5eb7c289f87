using System.Globalization;
using Bdia.Core.Models;
using Bdia.Core.Training;

namespace Bdia.Core.MemoryEstimates;

/// <summary>
/// What training takes, part by part, at the moment of a step when the sum is largest: before anything is allocated. Bytes.
/// </summary>
/// <remarks>
/// <para>On the CPU, and beyond what the process has resident with libtorch loaded and no network. Weights, gradients, optimizer and side
/// information are exact; states and block graph follow from the shapes of the tensors that are alive, and the rest has a share for the
/// native libraries that was measured (docs/performance.md).</para>
/// <para>Not counted: the training rows themselves, and text that is decoded to be judged.</para>
/// </remarks>
public sealed record MemoryEstimate
{
    internal const double Mebibyte = 1 << 20;

    /// <summary>The parameters, float32.</summary>
    public required long Weights { get; init; }

    /// <summary>
    /// Their gradients, float32; with <see cref="TrainingOptions.OptimizerInBackward"/>, of the largest block and of what is outside of
    /// blocks. With <see cref="TrainingOptions.Distributed"/>, those of all weights for each level of the tree over the parts of this rank
    /// besides, and, where the optimizer works within the backward pass of several ranks, of one block more.
    /// </summary>
    public required long Gradients { get; init; }

    /// <summary>Gradients of all weights.</summary>
    internal long AllGradients { get; init; }

    /// <summary>Those of the largest block.</summary>
    internal long LargestBlock { get; init; }

    /// <summary>
    /// The optimizer's moments: 8 bytes a weight, 4 for those that Muon takes steps for; of the blocks' matrices a quarter of that where
    /// <see cref="TrainingOptions.MomentFormat"/> says so. With <see cref="Distributed.DistributedOptions.ShardOptimizer"/>, the mean of
    /// what ranks keep: whole matrices, so that the largest part is larger by one of them at most.
    /// </summary>
    public required long Optimizer { get; init; }

    /// <summary>States of the blocks that are at hand in the backward pass, and gradients by them; the same at any depth.</summary>
    public required long States { get; init; }

    /// <summary>
    /// Kept for the backward pass by all blocks: packed bits where states are rebuilt, states where they are checkpoints, 0 where
    /// activations are stored.
    /// </summary>
    public required long SideInformation { get; init; }

    /// <summary>
    /// What the graph of one block keeps for its backward pass and computes in it, and what the blocks keep that are not evaluated again.
    /// </summary>
    public required long BlockGraph { get; init; }

    /// <summary>
    /// Everything else: the batch and the one prepared meanwhile, embedding, logits and loss, kept copies of the weights, and code and
    /// memory of the native libraries (measured).
    /// </summary>
    public required long Rest { get; init; }

    /// <summary>Blocks that are trained, of all stacks.</summary>
    public int Blocks { get; init; }

    /// <summary>
    /// How many of them are evaluated again on the way back: all but those of which everything is kept
    /// (<see cref="Reversible.BdiaStackOptions.KeptBlocks"/>) and a last one that is read in part.
    /// </summary>
    public int RecomputedBlocks { get; init; }

    /// <summary>
    /// Products of a step beyond those with no block evaluated again, as a share of these: a block's evaluation is one of its three
    /// products' worth of work. About what the step takes longer.
    /// </summary>
    public double RecomputationShare => Blocks == 0 ? 0 : RecomputedBlocks / (3.0 * Blocks);

    /// <summary>The sum of all parts.</summary>
    public long Total => Weights + Gradients + Optimizer + States + SideInformation + BlockGraph + Rest;

    /// <summary>Of a vision transformer.</summary>
    /// <param name="model">Sizes, precision, mode and gamma.</param>
    /// <param name="training">The batch size (where it is null, the largest that is chosen), the optimizer (where it is null, that of
    /// random weights) and where it works are what matters here.</param>
    /// <param name="weightCopies">How many copies of the weights the run keeps, 0 or more; 1 (default) is that of the best epoch.
    /// A moving average of the weights, where there is one, is counted besides.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults of a record.</exception>
    public static MemoryEstimate ForImages(VisionTransformerOptions model, TrainingOptions training, int weightCopies = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentOutOfRangeException.ThrowIfNegative(weightCopies);
        model.Validate();
        training.Validate();
        return ImageMemory.Estimate(model, training.Cut().MostRows, weightCopies + training.MovingAverages,
            training.OptimizerInBackward, training.Optimizer ?? OptimizerKind.Muon, training.MomentFormat).OfRank(training);
    }

    /// <summary>Of an encoder-decoder.</summary>
    /// <param name="model">Sizes, vocabularies, precision, mode and gamma.</param>
    /// <param name="rows">Pairs in a batch, at least 1.</param>
    /// <param name="sourceTokens">Tokens of each source, padding included, at least 1.</param>
    /// <param name="targetTokens">Tokens of each target, padding included, at least 1.</param>
    /// <param name="weightCopies">How many copies of the weights the run keeps, 0 or more; 1 (default) is that of the best epoch. A moving
    /// average of the weights counts as one.</param>
    /// <param name="optimizerInBackward">Whether the optimizer works within the backward pass,
    /// <see cref="TrainingOptions.OptimizerInBackward"/>.</param>
    /// <param name="optimizer">Which keeps the moments, <see cref="TrainingOptions.Optimizer"/>.</param>
    /// <param name="moments">How it keeps them, <see cref="TrainingOptions.MomentFormat"/>.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults.</exception>
    public static MemoryEstimate ForTexts(EncoderDecoderOptions model, int rows, int sourceTokens, int targetTokens,
        int weightCopies = 1, bool optimizerInBackward = false,
        OptimizerKind optimizer = OptimizerKind.AdamW, MomentFormat moments = MomentFormat.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(sourceTokens, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(targetTokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(weightCopies);
        model.Validate();
        return TextMemory.Estimate(model, rows, sourceTokens, targetTokens, weightCopies, optimizerInBackward, optimizer, moments);
    }

    /// <summary>Of a text encoder.</summary>
    /// <param name="model">Sizes, vocabulary, precision, mode and gamma.</param>
    /// <param name="training">The batch size (where it is null, the largest that is chosen) and where the optimizer works are what matters
    /// here.</param>
    /// <param name="tokens">Tokens of each row of the batch, padding included, at least 1; without the class token.</param>
    /// <param name="weightCopies">How many copies of the weights the run keeps, 0 or more; 1 (default) is that of the best epoch.
    /// A moving average of the weights, where there is one, is counted besides.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults of a record.</exception>
    public static MemoryEstimate ForTexts(TextEncoderOptions model, TrainingOptions training, int tokens, int weightCopies = 1)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(training);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(weightCopies);
        model.Validate();
        training.Validate();
        return TextEncoderMemory.Estimate(model, training.Cut().MostRows, tokens, weightCopies + training.MovingAverages,
            training.OptimizerInBackward, training.SureOptimizer, training.MomentFormat).OfRank(training);
    }

    /// <summary>Of a decoder-only language model.</summary>
    /// <param name="model">Sizes, vocabulary, precision, mode and gamma.</param>
    /// <param name="rows">Windows in a batch, at least 1.</param>
    /// <param name="tokens">Tokens of each, padding included, at least 1.</param>
    /// <param name="weightCopies">How many copies of the weights the run keeps, 0 or more; 1 (default) is that of the best epoch. A moving
    /// average of the weights counts as one.</param>
    /// <param name="optimizerInBackward">Whether the optimizer works within the backward pass,
    /// <see cref="TrainingOptions.OptimizerInBackward"/>.</param>
    /// <param name="optimizer">Which keeps the moments, <see cref="TrainingOptions.Optimizer"/>.</param>
    /// <param name="moments">How it keeps them, <see cref="TrainingOptions.MomentFormat"/>.</param>
    /// <returns>Sizes in bytes.</returns>
    /// <exception cref="ArgumentException">Options are out of range; the message lists all faults.</exception>
    public static MemoryEstimate ForTexts(LanguageModelOptions model, int rows, int tokens, int weightCopies = 1,
        bool optimizerInBackward = false,
        OptimizerKind optimizer = OptimizerKind.AdamW, MomentFormat moments = MomentFormat.Float32)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentOutOfRangeException.ThrowIfLessThan(rows, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(tokens, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(weightCopies);
        model.Validate();
        return LanguageMemory.Estimate(model, rows, tokens, weightCopies, optimizerInBackward, optimizer, moments);
    }

    /// <summary>What one of the processes takes that share the steps of a run.</summary>
    internal MemoryEstimate OfRank(TrainingOptions training)
        => training.Distributed is not { } shared ? this : this with
        {
            Gradients = shared.TreeLevels * AllGradients + Gradients
                + (training.OptimizerInBackward && shared.Ranks.Size > 1 ? LargestBlock : 0),
            Optimizer = shared.SharesMoments ? (Optimizer + shared.Ranks.Size - 1) / shared.Ranks.Size : Optimizer,
        };

    /// <summary>The sum and its parts in MiB, as a sentence of a log.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Total / Mebibyte:F0} MiB (weights {Weights / Mebibyte:F0}, gradients {Gradients / Mebibyte:F0}, optimizer "
        + $"{Optimizer / Mebibyte:F0}, states {States / Mebibyte:F0}, "
        + $"side information {SideInformation / Mebibyte:F1}, block graph {BlockGraph / Mebibyte:F0}, rest {Rest / Mebibyte:F0})")
        + (RecomputedBlocks == 0 ? "" : string.Create(CultureInfo.InvariantCulture,
            $", with {RecomputedBlocks} of {Blocks} blocks evaluated twice, at some {100 * RecomputationShare:F0} % of the time"));
}
