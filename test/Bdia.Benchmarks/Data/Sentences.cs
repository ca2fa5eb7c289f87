namespace Bdia.Benchmarks.Data;

/// <summary>A sentence and its translation.</summary>
internal sealed class Sentence
{
    public string Source { get; set; } = "";

    public string Target { get; set; } = "";
}

/// <summary>Sentences of 5 to 25 words from a small made-up vocabulary; the translation is the sentence turned round.</summary>
internal static class Sentences
{
    private const int Words = 1000, Shortest = 5, Longest = 25;

    public static Sentence[] Draw(int count)
    {
        var random = new Random(1);
        var words = Enumerable.Range(0, Words)
            .Select(_ => new string([.. Enumerable.Range(0, random.Next(2, 9)).Select(_ => (char)('a' + random.Next(26)))])).ToArray();
        return [.. Enumerable.Range(0, count).Select(_ =>
        {
            var sentence = random.GetItems(words, random.Next(Shortest, Longest + 1));
            return new Sentence { Source = string.Join(' ', sentence), Target = string.Join(' ', sentence.Reverse()) };
        })];
    }
}
