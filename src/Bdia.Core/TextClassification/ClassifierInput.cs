using Bdia.Core.Text;

namespace Bdia.Core.TextClassification;

/// <summary>A text or two as the network's ids, the same in training and when scoring.</summary>
/// <param name="Ids">What the network reads: each text with its end token.</param>
/// <param name="Tokens">How many there were before anything was cut off.</param>
internal readonly record struct ClassifierInput(int[] Ids, int Tokens)
{
    /// <summary>Whether there is nothing to read but end tokens.</summary>
    public bool IsEmpty => Array.TrueForAll(Ids, id => id == SpecialTokens.End);

    /// <summary>Turns texts into ids.</summary>
    /// <param name="tokenizer">The network's.</param>
    /// <param name="text">The text, or the first of two; null is an empty one.</param>
    /// <param name="second">The second.</param>
    /// <param name="pairs">Whether there is a second.</param>
    /// <param name="most">Ids that the network reads, end tokens included.</param>
    public static ClassifierInput Of(ITextTokenizer tokenizer, string? text, string? second, bool pairs, int most)
    {
        var first = NetworkIds.Of(tokenizer, text ?? "");
        if (!pairs) return new(NetworkIds.CutSource(first, most), first.Length);
        var other = NetworkIds.Of(tokenizer, second ?? "");
        var (a, b) = Shares(first.Length, other.Length, most);
        return new([.. NetworkIds.CutSource(first, a), .. NetworkIds.CutSource(other, b)], first.Length + other.Length);
    }

    // Ids that each text may have: the longer one is cut first.
    private static (int First, int Second) Shares(int first, int second, int most)
    {
        if (first + second <= most) return (first, second);
        var half = most / 2;
        if (second <= half) return (most - second, second);
        return first <= most - half ? (first, most - first) : (most - half, half);
    }
}
