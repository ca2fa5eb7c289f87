using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.TextClassification;

/// <summary>Texts whose class is whether "ab" stands before "cd": which words there are says nothing.</summary>
internal sealed class ToyTexts(int count, int seed = 0, bool pairs = false) : ILabelledTexts
{
    private static readonly string[] fillers = ["ef", "gh", "ij", "kl"];

    /// <summary>A network that trains in a fraction of a second.</summary>
    public static TextEncoderOptions Tiny { get; } = new() { Width = 16, Depth = 2, Heads = 2, FeedForwardWidth = 32, Dropout = 0 };

    public static TrainingOptions Short { get; } = new() { Epochs = 3, BatchSize = 8, LearningRate = 0.01, Seed = 3 };

    public static TextClassificationOptions Words { get; } = new()
    {
        TokenizerTraining = new() { TokenLevel = TokenLevel.Word, VocabularySize = 300 }, MaxTokens = 20, TokenDropout = 0,
        ValidationFraction = 0,
    };

    public IEnumerable<LabelledText> Read()
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var words = Enumerable.Range(0, 2 + i % 4).Select(_ => fillers[random.Next(fillers.Length)]).ToList();
            var (first, second) = (random.Next(words.Count + 1), random.Next(words.Count + 1));
            (first, second) = (Math.Min(first, second), Math.Max(first, second));
            var label = i % 2;
            words.Insert(second, label == 0 ? "cd" : "ab");
            words.Insert(first, label == 0 ? "ab" : "cd");
            // as a pair: whether the second text is the first, or another
            yield return pairs
                ? new(string.Join(' ', words.Take(3)), string.Join(' ', label == 0 ? words.Take(3) : words.Take(3).Reverse()), label)
                : new(string.Join(' ', words), null, label);
        }
    }
}

/// <summary>Rows that a test wrote down.</summary>
internal sealed class ListedTexts(params LabelledText[] rows) : ILabelledTexts
{
    public IEnumerable<LabelledText> Read() => rows;
}
