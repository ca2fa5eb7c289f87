namespace Bdia.Core.Automata;

/// <summary>A set of texts, made of smaller ones. No part is without any text.</summary>
internal abstract record Grammar
{
    /// <summary>The text "".</summary>
    public static Grammar Nothing { get; } = new Sequence([]);

    /// <summary>One text.</summary>
    public static Grammar Text(string text) => new Words([text]);

    /// <summary>Texts of one character.</summary>
    /// <param name="Ranges">Code points, both ends included; at least one range.</param>
    public sealed record Character(IReadOnlyList<(int From, int To)> Ranges) : Grammar;

    /// <summary>A text of each part, one behind the other.</summary>
    public sealed record Sequence(IReadOnlyList<Grammar> Parts) : Grammar;

    /// <summary>The texts of any of the parts, of which there is at least one.</summary>
    public sealed record Choice(IReadOnlyList<Grammar> Parts) : Grammar;

    /// <summary>Texts of a part, so many of them one behind the other.</summary>
    /// <param name="Part">The part.</param>
    /// <param name="Least">At least so many.</param>
    /// <param name="Most">At most so many; null = any number.</param>
    public sealed record Repetition(Grammar Part, int Least, int? Most) : Grammar;

    /// <summary>The given texts, at least one.</summary>
    public sealed record Words(IReadOnlyList<string> Texts) : Grammar;
}
