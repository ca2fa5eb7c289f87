using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.MLNet.Texts;

namespace Bdia.MLNet.Tests.Support;

/// <summary>
/// Stands in for a network: writes texts backwards, and counts how often it is asked. Its tokens are characters other than white space.
/// </summary>
internal sealed class ReversingTranslator : ITextWriter
{
    public int MaxTokens(DecodingOptions decoding) => 10;

    public bool WritesFromNothing { get; init; }

    public ITextTokenizer TargetTokenizer { get; init; } = TextTokenizer.Train(["any text"], new TokenizerOptions());

    /// <summary>Texts of each call.</summary>
    public List<int> Calls { get; } = [];

    /// <summary>Texts that it finds at most for one.</summary>
    public int Finds { get; init; } = int.MaxValue;

    /// <summary>Characters of a text that it still ends itself.</summary>
    public int Longest { get; init; } = int.MaxValue;

    public int CountTokens(string text) => text.Count(c => !char.IsWhiteSpace(c) && !char.IsControl(c)) + 1;

    public IReadOnlyList<IReadOnlyList<TextCandidate>> Write(IReadOnlyList<string> texts, DecodingOptions decoding)
    {
        lock (Calls)
            Calls.Add(texts.Count);
        return [.. texts.Select(text => Enumerable.Range(0, Math.Min(Finds, decoding.BestCount))
            .Select(i => new TextCandidate($"{new string([.. text.Reverse()])}{(i == 0 ? "" : i)}", -1 - i, text.Length <= Longest,
                [.. text.Select((_, at) => -0.5 - at), -0.25]))
                .ToArray())];
    }
}
