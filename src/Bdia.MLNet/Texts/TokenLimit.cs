using Bdia.Core.Common;

namespace Bdia.MLNet.Texts;

/// <summary>
/// How many tokens a text may have, where the option says so, and where it is left open: then as many as ever, but no more than initial
/// weights have places for, where they learned each place by itself.
/// </summary>
internal static class TokenLimit
{
    private const string Option = "MaxTokens";

    /// <summary>The limit.</summary>
    /// <param name="asked">The option; null where it is left open.</param>
    /// <param name="usual">What it is then.</param>
    /// <param name="places">Of initial weights; null where there are none, or as many as one likes.</param>
    public static int Of(int? asked, int usual, int? places) => asked ?? Math.Min(usual, places ?? usual);

    /// <summary>Notes an option that asks for more than the places of initial weights.</summary>
    public static void Check(int? asked, int? places, string title, OptionFaults faults)
    {
        if (asked is { } tokens && places is { } there)
            faults.Require(tokens <= there, Option, tokens, $"at most {there}, the places that InitialWeights ({title}) have, or unset");
    }
}
