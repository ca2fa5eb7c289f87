namespace Bdia.Data.Texts;

/// <summary>Rows that final figures are taken on.</summary>
/// <param name="Name">What people call them: the stem of the files.</param>
/// <param name="Rows">The rows.</param>
public sealed record TestSet(string Name, IReadOnlyList<TextPair> Rows);
