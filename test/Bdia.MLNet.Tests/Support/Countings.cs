using Microsoft.ML;

namespace Bdia.MLNet.Tests.Support;

/// <summary>A text, with what stands beside it in a data set.</summary>
internal sealed class Counting
{
    public string? Text { get; set; }

    public string? Prompt { get; set; }

    public float Number { get; set; }
}

/// <summary>Small data sets of texts that a generator can learn: numbers that count upwards.</summary>
internal static class Countings
{
    public static IDataView View(MLContext context, int count, int first = 0)
        => View(context, [.. Enumerable.Range(first, count)
            .Select(i => string.Join(' ', Enumerable.Range(i % 4, 4 + i % 3).Select(n => $"{n}")))]);

    public static IDataView View(MLContext context, params string?[] texts)
        => context.Data.LoadFromEnumerable(texts
            .Select((text, i) => new Counting { Text = text, Prompt = text?[..Math.Min(3, text.Length)], Number = i }).ToList());

    /// <summary>Options of a network that trains in a fraction of a second.</summary>
    public static BdiaTextGenerationTrainer.Options Options(int epochs = 2) => new()
    {
        PromptColumnName = "Prompt",
        VocabularySize = 280,
        Width = 16,
        Depth = 2,
        Heads = 2,
        FeedForwardWidth = 32,
        Dropout = 0,
        Epochs = epochs,
        TokensPerBatch = 64,
        MaxTokens = 24,
        LearningRate = 0.01,
        Decoding = new() { BeamSize = 2, MaxLengthRatio = 0, MaxLengthConstant = 6 },
        ScoringBatchSize = 7,
    };
}
