using Microsoft.ML;

namespace Bdia.MLNet.Tests.Support;

/// <summary>A text or two with a label, and what stands beside them in a data set.</summary>
internal sealed class Topic
{
    public string? Text { get; set; }

    public string? Other { get; set; }

    public string Name { get; set; } = "";

    public float Number { get; set; }
}

/// <summary>Small data sets of texts that a model can learn: the class is what most words are of.</summary>
internal static class Topics
{
    private static readonly (string Name, string[] Words)[] all =
    [
        ("fruit", ["apple", "pear", "plum", "grape"]), ("animal", ["cat", "dog", "cow", "hen"]), ("tool", ["saw", "axe", "file", "drill"]),
    ];

    public static IEnumerable<Topic> Of(int count, int seed = 0)
    {
        var random = new Random(seed);
        for (var i = 0; i < count; i++)
        {
            var (name, words) = all[i % all.Length];
            string Word() => words[random.Next(words.Length)];
            yield return new Topic
            {
                Text = string.Join(' ', Enumerable.Range(0, 2 + i % 5).Select(_ => Word()).Append("and")), Other = $"a {Word()}",
                Name = name, Number = i,
            };
        }
    }

    public static IDataView View(MLContext context, int count, int seed = 0) => Labelled(context, Of(count, seed));

    /// <summary>The rows as a view with a key column "Label".</summary>
    public static IDataView Labelled(MLContext context, IEnumerable<Topic> rows)
    {
        var view = context.Data.LoadFromEnumerable(rows.ToList());
        return context.Transforms.Conversion.MapValueToKey("Label", nameof(Topic.Name)).Fit(view).Transform(view);
    }

    /// <summary>Options of a network that trains in a fraction of a second.</summary>
    public static BdiaTextClassificationTrainer.Options Options(int epochs = 2, string? other = null) => new()
    {
        Sentence1ColumnName = nameof(Topic.Text),
        Sentence2ColumnName = other,
        VocabularySize = 280,
        Width = 16,
        Depth = 3,
        Heads = 2,
        FeedForwardWidth = 32,
        Epochs = epochs,
        BatchSize = 8,
        MaxTokens = 40,
        LearningRate = 0.01,
        ScoringBatchSize = 7,
    };
}
