using Bdia.Core.SequenceToSequence;
using Bdia.Core.Training;
using Bdia.MLNet.Trainers;
using static System.FormattableString;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>What a recipe sets for a text that becomes another: the one place where that stands.</summary>
/// <remarks>
/// Balanced is the run that has been measured on 29,000 pairs (docs/results), with batches by the rows. Best is the small network of
/// Wu et al., "Good for Misconceived Reasons" (2021), as far as one with norms before its sub-layers goes: 8,192 tokens in a step, 8,000
/// steps on 29,000 pairs, of which a quarter is warm-up. Tokens are byte pairs of texts as they are; theirs are lower case.
/// </remarks>
/// <param name="Training">Length, optimizer and regularisation.</param>
/// <param name="Sequences">Vocabulary, batches, averaging, decoding.</param>
/// <param name="Dropout">Share of numbers that is dropped; null as in the preset.</param>
internal sealed record SequenceRecipe(TrainingOptions Training, SequenceTrainingOptions Sequences, double? Dropout)
    : TaskRecipe(Training)
{
    /// <summary>Whether source and target share one embedding, which one vocabulary of both makes possible.</summary>
    public const bool ShareEmbeddings = true;

    /// <summary>A recipe by its name.</summary>
    public static SequenceRecipe Of(Recipe recipe)
    {
        var (training, sequences) = (SequenceDefaults.Training with { LearningRate = 3e-3, WarmupFraction = 0.1 },
            SequenceDefaults.Sequences);
        return recipe switch
        {
            Recipe.Fast => new(training with { Epochs = 8 }, sequences, null),
            Recipe.Balanced => new(training with { Epochs = 20, WeightDecay = 0.01 }, sequences with
            {
                Tokenizer = sequences.Tokenizer with { VocabularySize = 5000 }, AverageEpochs = 3,
            }, null),
            Recipe.Best => new(training with
            {
                Epochs = 120, LearningRate = 5e-3, LearningRateSchedule = LearningRateSchedule.InverseSquareRoot, WarmupFraction = 0.25,
                WeightDecay = 0, ClipNorm = 25, AccumulationSteps = 2,
            }, sequences with
            {
                Tokenizer = sequences.Tokenizer with { VocabularySize = 10_000 }, TokensPerBatch = 4096, AverageEpochs = 10,
                Decoding = sequences.Decoding with { BeamSize = 5 },
            }, 0.3),
            _ => throw Unknown(recipe),
        };
    }

    /// <inheritdoc/>
    protected override IEnumerable<string> Parts() => Around(Own(), null);

    private IEnumerable<string> Own()
    {
        yield return $"at most {Count(Sequences.Tokenizer.VocabularySize)} tokens, embedded alike on both sides";
        if (Dropout is { } share) yield return Invariant($"dropout {share}");
        yield return Invariant($"{Training.LearningRateSchedule} from {Training.LearningRate} after a warm-up of ")
            + Invariant($"{100 * Training.WarmupFraction} %, weight decay {Training.WeightDecay}");
        if (Sequences.TokensPerBatch is { } tokens)
            yield return $"{Count(tokens * Training.AccumulationSteps)} tokens in a step, gradients clipped at {Training.ClipNorm}";
        if (Sequences.AverageEpochs > 1) yield return $"the weights of the last {Sequences.AverageEpochs} epochs averaged";
        yield return $"a beam of {Sequences.Decoding.BeamSize}";
    }
}
