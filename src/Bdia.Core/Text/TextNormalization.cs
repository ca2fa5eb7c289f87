using System.Text;

namespace Bdia.Core.Text;

/// <summary>
/// What is done to a text before it is cut into tokens. Saved with the tokenizer. In this order: lone surrogates become U+FFFD, the Unicode
/// form, letters lower case, white space.
/// </summary>
public sealed record TextNormalization
{
    // In globalization-invariant mode string.Normalize gives back what it got and says nothing.
    private static readonly bool KnowsForms = "e\u0301".Normalize(NormalizationForm.FormC) == "\u00e9";

    /// <summary>
    /// Unicode form; null = as it is. Default null. Not available where the runtime is in globalization-invariant mode, which knows no
    /// forms: an error, never silence.
    /// </summary>
    public NormalizationForm? Form { get; init; }

    /// <summary>
    /// Whether runs of white space and control characters (<see cref="char.IsWhiteSpace(char)"/>, <see cref="char.IsControl(char)"/>)
    /// become one space, and none at either end. Default true.
    /// </summary>
    public bool CollapseWhiteSpace { get; init; } = true;

    /// <summary>Whether letters become lower case (invariant). Default false.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Applies it. Lone surrogates become U+FFFD whatever the options.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The text itself where nothing is to be done.</returns>
    /// <exception cref="PlatformNotSupportedException"><see cref="Form"/> is set and the runtime knows no forms.</exception>
    public string Apply(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        ThrowIfUnusable();
        text = WithoutLoneSurrogates(text);
        if (Form is { } form) text = InForm(text, form);
        if (LowerCase && text.ToLowerInvariant() is var lower && lower != text)
            // the form first: capitals may come out of it, as of U+2122, the trade mark sign
            text = Form is { } again ? InForm(lower, again) : lower;
        return CollapseWhiteSpace ? Collapsed(text) : text;
    }

    /// <summary>What <see cref="Form"/> must be and is not, to follow "must be"; null where it can be used.</summary>
    internal string? FormFault =>
        Form is null ? null
        : !Enum.IsDefined(Form.Value) ? "null or one of System.Text.NormalizationForm's"
        : !KnowsForms ? "null here: the runtime is in globalization-invariant mode and knows no Unicode forms (set "
            + "InvariantGlobalization to false and install ICU)"
        : null;

    /// <summary>Throws if this cannot be done here.</summary>
    /// <exception cref="PlatformNotSupportedException"><see cref="Form"/> is set and the runtime knows no forms.</exception>
    internal void ThrowIfUnusable()
    {
        if (FormFault is { } fault) throw new PlatformNotSupportedException(
            $"{nameof(TextNormalization)}.{nameof(Form)} is {Form}; it must be {fault}.");
    }

    private static string WithoutLoneSurrogates(string text)
    {
        if (text.AsSpan().IndexOfAnyInRange('\ud800', '\udfff') < 0) return text;
        // Rune enumeration gives U+FFFD for each lone surrogate.
        var result = new StringBuilder(text.Length);
        foreach (var rune in text.EnumerateRunes()) result.Append(rune.ToString());
        return result.ToString();
    }

    // string.Normalize refuses U+FFFE, which neither composes nor reorders: the text is taken in parts between them.
    private static string InForm(string text, NormalizationForm form) =>
        string.Join('\ufffe', text.Split('\ufffe').Select(part => part.Normalize(form)));

    private static string Collapsed(string text)
    {
        var result = new StringBuilder(text.Length);
        var gap = false;
        foreach (var c in text)
        {
            if (char.IsWhiteSpace(c) || char.IsControl(c))
            {
                gap = true;
                continue;
            }

            if (gap && result.Length > 0) result.Append(' ');
            gap = false;
            result.Append(c);
        }

        return result.Equals(text) ? text : result.ToString();
    }
}
