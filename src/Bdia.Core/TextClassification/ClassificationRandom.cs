namespace Bdia.Core.TextClassification;

/// <summary>First coordinate of every random sequence of a run, so that no two uses share numbers.</summary>
internal static class ClassificationRandom
{
    public const ulong Split = 1, RowOrder = 2, BatchOrder = 3, TokenDropout = 4;
}
