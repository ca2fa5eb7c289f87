namespace Bdia.Core.TextGeneration;

/// <summary>First coordinate of every random sequence of a run, so that no two uses share numbers.</summary>
internal static class GenerationRandom
{
    public const ulong Split = 1, Offsets = 2, WindowOrder = 3, BatchOrder = 4;
}
