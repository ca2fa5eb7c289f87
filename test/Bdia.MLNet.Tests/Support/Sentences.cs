using Microsoft.ML;

namespace Bdia.MLNet.Tests.Support;

/// <summary>A text and what it is to become, with what stands beside them in a data set.</summary>
internal sealed class Sentence
{
    public string? Source { get; set; }

    public string? Target { get; set; }

    public float Number { get; set; }
}

/// <summary>Small data sets of texts that a model can learn: the words of digits become digits.</summary>
internal static class Sentences
{
    private static readonly string[] words = ["nul", "een", "twee", "drie", "vier", "vijf", "zes", "zeven", "acht", "negen"];

    public static IEnumerable<Sentence> Of(int count, int seed = 0)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var digits = Enumerable.Range(0, 2 + i % 3).Select(_ => random.Next(words.Length)).ToList();
            yield return new Sentence { Source = string.Join(' ', digits.Select(digit => words[digit])),
                Target = string.Join(' ', digits), Number = i };
        }
    }

    public static IDataView View(MLContext context, int count, int seed = 0) => context.Data.LoadFromEnumerable(Of(count, seed).ToList());

    public static IDataView View(MLContext context, params (string? Source, string? Target)[] pairs)
        => context.Data.LoadFromEnumerable(
            pairs.Select((pair, i) => new Sentence { Source = pair.Source, Target = pair.Target, Number = i }).ToList());

    /// <summary>Options of a network that trains in a fraction of a second.</summary>
    public static BdiaSequenceToSequenceTrainer.Options Options(int epochs = 2) => new()
    {
        VocabularySize = 280,
        Width = 16,
        EncoderDepth = 2,
        DecoderDepth = 2,
        Heads = 2,
        FeedForwardWidth = 32,
        Dropout = 0,
        Epochs = epochs,
        TokensPerBatch = 64,
        MaxTokens = 40,
        LearningRate = 0.01,
        BleuEveryEpochs = 0,
        Decoding = new() { BeamSize = 2, MaxLengthConstant = 4 },
        ScoringBatchSize = 7,
    };
}
