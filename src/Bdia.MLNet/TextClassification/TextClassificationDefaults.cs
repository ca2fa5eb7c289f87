using Bdia.Core.TextClassification;
using Bdia.Core.Training;

namespace Bdia.MLNet.TextClassification;

/// <summary>What the trainer does unless told otherwise: the one place where its defaults stand.</summary>
internal static class TextClassificationDefaults
{
    public const int Epochs = 30;

    public static TrainingOptions Training { get; } = new() { Epochs = Epochs, LabelSmoothing = 0.1 };

    public static TextClassificationOptions Texts { get; } = new();
}
