using Bdia.Core.Models;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.TextGeneration;

/// <summary>Small texts that a network can learn in a second: counting up to a number.</summary>
internal sealed class ToyTexts(params string?[] texts) : ITexts
{
    public IEnumerable<string> Read() => texts!;

    public static ToyTexts Counting(int count = 24)
        => new([.. Enumerable.Range(0, count).Select(i => string.Join(' ', Enumerable.Range(i % 4, 4 + i % 3).Select(n => $"{n}")))]);

    public static LanguageModelOptions Model => new()
    {
        Width = 16, Depth = 2, Heads = 2, FeedForwardWidth = 32, Dropout = 0, MaxLength = 24,
    };

    public static GenerationTrainingOptions Generation => new()
    {
        TokenizerTraining = new() { VocabularySize = 280, Normalization = new() { CollapseWhiteSpace = false } }, MaxTokens = 24,
        TokensPerBatch = 96, Decoding = new() { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 12 },
    };

    public static TrainingOptions Training(int epochs = 3) => new() { Epochs = epochs, LearningRate = 0.01, BestBy = ModelSelection.Loss };
}
