using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.Core.Training;

namespace Bdia.MLNet.TextClassification;

/// <summary>What the trainer does unless told otherwise: the one place where its defaults stand.</summary>
internal static class TextClassificationDefaults
{
    public const int Epochs = 30;

    public static TrainingOptions Training { get; } = new() { Epochs = Epochs, LabelSmoothing = 0.1, EmaDecay = null };

    public static TextClassificationOptions Texts { get; } = new();

    /// <summary>Its normalisation is left out: null stands for it.</summary>
    public static TokenizerOptions Tokenizer => Texts.TokenizerTraining;
}
