namespace Bdia.Core.Text;

/// <summary>A tokenizer in the terms of other programs, which know regular expressions and merges but none of our classes.</summary>
/// <param name="Kind">BytePair, Word, Character or SentencePiece.</param>
/// <param name="Normalization">What is done to a text first.</param>
internal sealed record PortableTokenizer(string Kind, TextNormalization Normalization)
{
    /// <summary>Tokens by id, spelled as GPT-2's vocabularies are, a character for each byte; null for SentencePiece.</summary>
    public IReadOnlyList<string>? Tokens { get; init; }

    /// <summary>Pairs of tokens with a space between, first merged first; null unless by byte pairs.</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>What cuts a text into the words that tokens never cross, one match after the other; null where characters are
    /// tokens.</summary>
    public string? Pattern { get; init; }

    /// <summary>Texts that stay whole, whose ids follow those of the tokens; null for none.</summary>
    public IReadOnlyList<string>? Symbols { get; init; }

    /// <summary>SentencePiece's own model file.</summary>
    public byte[]? Model { get; init; }

    /// <exception cref="ArgumentException">The tokenizer is of a class that others cannot be told of.</exception>
    public static PortableTokenizer Of(ITextTokenizer tokenizer) => tokenizer switch
    {
        BytePairTextTokenizer bytePair => new(nameof(TokenLevel.BytePair), bytePair.Normalization)
        {
            Tokens = bytePair.Model.Tokens, Merges = [.. bytePair.Model.Merges.Select(pair => $"{pair.Left} {pair.Right}")],
            Pattern = WordSplitter.Expression(bytePair.Model.Words).ToString(),
        },
        LookupTextTokenizer lookup => new(lookup.Level.ToString(), lookup.Normalization)
        {
            Tokens = lookup.Tokens,
            Pattern = lookup.Level == TokenLevel.Word ? WordSplitter.Expression(lookup.Words).ToString() : null,
        },
        SymbolTextTokenizer symbols => Of(symbols.Rest) with { Symbols = symbols.Symbols },
        SentencePieceTextTokenizer pieces => new("SentencePiece", pieces.Normalization) { Model = pieces.Content },
        _ => throw new ArgumentException($"A tokenizer of class {tokenizer.GetType()} cannot be written down for others; only those that "
            + $"{nameof(TextTokenizer)} makes can.", nameof(tokenizer)),
    };
}
