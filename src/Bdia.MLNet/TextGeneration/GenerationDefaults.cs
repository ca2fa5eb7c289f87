using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;

namespace Bdia.MLNet.TextGeneration;

/// <summary>What the trainer does unless told otherwise: the one place where its defaults stand.</summary>
internal static class GenerationDefaults
{
    public const int Epochs = 20;

    /// <remarks>A short memory of squared gradients (0.98) as for other texts; no smoothing, so that the loss is the text's.</remarks>
    public static TrainingOptions Training { get; } = new()
    {
        Epochs = Epochs,
        LearningRate = 1e-3,
        Beta2 = 0.98,
        BestBy = ModelSelection.Loss,
    };

    public static GenerationTrainingOptions Generation { get; } = new();

    /// <summary>Its normalisation is left out: null stands for it.</summary>
    public static TokenizerOptions Tokenizer => Generation.TokenizerTraining;
}
