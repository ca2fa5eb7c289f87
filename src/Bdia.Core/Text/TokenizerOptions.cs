using Bdia.Core.Common;

namespace Bdia.Core.Text;

/// <summary>How a tokenizer is made from training text.</summary>
public sealed record TokenizerOptions
{
    /// <summary>What tokens are. Default <see cref="TokenLevel.BytePair"/>.</summary>
    public TokenLevel TokenLevel { get; init; } = TokenLevel.BytePair;

    /// <summary>Most tokens, the 256 bytes included, 257..1,000,000; text in which fewer recur gives fewer. Default 8000.</summary>
    public int VocabularySize { get; init; } = 8000;

    /// <summary>
    /// Whether each digit is a token of its own (<see cref="TokenLevel.BytePair"/> and <see cref="TokenLevel.Word"/>). Numbers whose digits
    /// are merged are as many words to a network as there are numbers: it learns to copy and change them far more slowly. Texts with many
    /// numbers get longer. Default true.
    /// </summary>
    public bool SplitDigits { get; init; } = true;

    /// <summary>
    /// Texts that are tokens of their own wherever they stand, such as "&lt;sep&gt;", the longest first where several fit; other tokens
    /// never reach across one. They go through <see cref="Normalization"/> as texts do. None may be empty then or stand twice. They count
    /// in <see cref="VocabularySize"/>. Default none.
    /// </summary>
    public IReadOnlyList<string> UserDefinedSymbols { get; init; } = [];

    /// <summary>What is done to texts first.</summary>
    public TextNormalization Normalization { get; init; } = new();

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate() => OptionFaults.Validate(nameof(TokenizerOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Enum.IsDefined(TokenLevel), nameof(TokenLevel), TokenLevel, "BytePair, Word, Character or Automatic");
        faults.Require(VocabularySize is >= 257 and <= 1_000_000, nameof(VocabularySize), VocabularySize, "257..1,000,000");
        faults.Require(UserDefinedSymbols is not null, nameof(UserDefinedSymbols), null, "set; it may be empty");
        faults.Require(VocabularySize - (UserDefinedSymbols?.Count ?? 0) is >= 257 || VocabularySize < 257,
            nameof(VocabularySize), VocabularySize, $"257 more than the {UserDefinedSymbols?.Count} user-defined symbols at least");
        if (UserDefinedSymbols is not null
            && Normalization is { FormFault: null }) RequireSymbols(faults, UserDefinedSymbols, Normalization);
        faults.Require(Normalization is not null, nameof(Normalization), Normalization, "set");
        if (Normalization?.FormFault is { } fault) faults.Require(false, $"{nameof(Normalization)}.{nameof(TextNormalization.Form)}",
            Normalization.Form, fault);
    }

    private static void RequireSymbols(OptionFaults faults, IReadOnlyList<string> symbols, TextNormalization normalization)
    {
        var known = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < symbols.Count; i++)
        {
            var symbol = symbols[i] is null ? "" : normalization.Apply(symbols[i]);
            faults.Require(symbol.Length > 0, $"{nameof(UserDefinedSymbols)}[{i}]", symbols[i] is null ? null
                : $"'{symbols[i]}'", "a text of which normalisation leaves something");
            faults.Require(symbol.Length == 0
                || known.Add(symbol), $"{nameof(UserDefinedSymbols)}[{i}]", $"'{symbols[i]}'",
                "different from the others, once normalised");
        }
    }
}
