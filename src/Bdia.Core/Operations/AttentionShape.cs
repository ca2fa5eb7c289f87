namespace Bdia.Core.Operations;

/// <summary>What attention is computed over.</summary>
/// <param name="Size">Dh, elements of a head.</param>
/// <param name="Causal">Whether query i sees the keys 0 .. i alone.</param>
internal readonly record struct AttentionShape(int Batch, int Heads, int Queries, int Keys, int Size, bool Causal)
{
    /// <summary>Factor of the scores.</summary>
    public float Scale => 1 / MathF.Sqrt(Size);
}
