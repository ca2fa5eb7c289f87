using Bdia.Core.SequenceToSequence;
using Bdia.Core.Training;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>What the trainer does unless told otherwise: the one place where its defaults stand.</summary>
internal static class SequenceDefaults
{
    public const int Epochs = 30;

    /// <remarks>
    /// The best epoch is chosen by the share of tokens that are told right: it is defined for any text and moves with every row, where
    /// BLEU is 0 for answers of one word and coarse on few rows. The loss turns where few rows are learned by heart, with what the network
    /// is too sure of, while tokens and BLEU still gain (docs/results). A short memory of squared gradients (0.98) and label smoothing are
    /// those of "Attention is all you need".
    /// </remarks>
    public static TrainingOptions Training { get; } = new()
    {
        Epochs = Epochs,
        LearningRate = 1e-3,
        Beta2 = 0.98,
        LabelSmoothing = 0.1,
    };

    public static SequenceTrainingOptions Sequences { get; } = new();
}
