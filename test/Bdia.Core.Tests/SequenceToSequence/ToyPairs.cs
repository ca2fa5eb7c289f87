using Bdia.Core.Numerics;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.SequenceToSequence;

/// <summary>Pairs in a list.</summary>
internal sealed class Pairs(params IReadOnlyList<TextPair> rows) : ITextPairs
{
    public int Passes { get; private set; }

    public IEnumerable<TextPair> Read()
    {
        Passes++;
        return rows;
    }
}

/// <summary>A language of three words and its translation: learned within seconds.</summary>
internal static class Toy
{
    private static readonly string[] Words = ["ab", "cd", "ef"], Translated = ["xyz", "uv", "w"];

    /// <summary>Rows of one to four words, translated word by word; the words of a row depend on the seed and its number alone.</summary>
    public static Pairs Pairs(int rows, ulong seed = 1, int mostWords = 4)
        => new([.. Enumerable.Range(0, rows).Select(row => Pair(seed, row, mostWords))]);

    public static TextPair Pair(ulong seed, int row, int mostWords)
    {
        var random = RandomSequence.At(seed, (ulong)row);
        var words = new int[1 + random.Next(mostWords)];
        for (var i = 0; i < words.Length; i++) words[i] = random.Next(Words.Length);
        return new TextPair(string.Join(' ', words.Select(word => Words[word])), string.Join(' ', words.Select(word => Translated[word])));
    }
}

internal static class TranslatorCalls
{
    /// <summary>The best text for each.</summary>
    public static string[] Best(this Translator translator, params string[] texts)
        => [.. translator.Translate(texts, cancellation: TestContext.Current.CancellationToken)
            .Select(translations => translations[0].Text)];
}

/// <summary>A token for each Unicode character of a fixed alphabet, none for others; counts what it is asked.</summary>
internal sealed class AlphabetTokenizer(string alphabet) : ITextTokenizer
{
    public int Size => alphabet.Length;

    public IReadOnlyList<int> Encode(string text) => [.. text.Select(c => alphabet.IndexOf(c)).Where(id => id >= 0)];

    public string Decode(IEnumerable<int> ids) => string.Concat(ids.Select(id => alphabet[id]));
}

/// <summary>Keeps what it is told.</summary>
internal sealed class Notes : IProgress<TrainingNote>
{
    public List<string> All { get; } = [];

    public List<string> Warnings { get; } = [];

    public void Report(TrainingNote value)
    {
        All.Add(value.Text);
        if (value.IsWarning) Warnings.Add(value.Text);
    }
}
