using Bdia.Core.Common;

namespace Bdia.Core.Text;

/// <summary>How a tokenizer is made from training text.</summary>
public sealed record TokenizerOptions
{
    /// <summary>What tokens are. Default <see cref="TokenLevel.BytePair"/>.</summary>
    public TokenLevel Level { get; init; } = TokenLevel.BytePair;

    /// <summary>Most tokens, the 256 bytes included, 257..1,000,000; text in which fewer recur gives fewer. Default 8000.</summary>
    public int VocabularySize { get; init; } = 8000;

    /// <summary>What is done to texts first.</summary>
    public TextNormalization Normalization { get; init; } = new();

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">Some are out of range; the message lists all of them.</exception>
    public void Validate()
    {
        var faults = new OptionFaults(nameof(TokenizerOptions));
        faults.Require(Enum.IsDefined(Level), nameof(Level), Level, "BytePair, Word or Character");
        faults.Require(VocabularySize is >= 257 and <= 1_000_000, nameof(VocabularySize), VocabularySize, "257..1,000,000");
        faults.Require(Normalization is not null, nameof(Normalization), Normalization, "set");
        if (Normalization?.FormFault is { } fault) faults.Require(false, $"{nameof(Normalization)}.{nameof(TextNormalization.Form)}", Normalization.Form, fault);
        faults.ThrowIfAny();
    }
}
