using System.Text;

namespace Bdia.Core.Text;

/// <summary>What is done to a text before it is cut into tokens. Saved with the tokenizer.</summary>
public sealed record TextNormalization
{
    /// <summary>Unicode form; null = as it is. Default null. Not available where the runtime is in globalization-invariant mode, which knows no forms: an error, never silence.</summary>
    public NormalizationForm? Form { get; init; }

    /// <summary>Whether runs of white space and control characters become one space, and none at either end. Default true.</summary>
    public bool CollapseWhiteSpace { get; init; } = true;

    /// <summary>Whether letters become lower case (invariant). Default false.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Applies it. Lone surrogates become U+FFFD whatever the options.</summary>
    public string Apply(string text) => throw new NotImplementedException();
}
