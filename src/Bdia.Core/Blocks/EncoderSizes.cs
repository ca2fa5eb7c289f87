using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>What <see cref="EncoderKernel"/> computes over.</summary>
/// <param name="Tokens">N, of a sequence.</param>
/// <param name="Width">D.</param>
/// <param name="Heads">H.</param>
/// <param name="FeedForward">Features inside the feed-forward layer.</param>
internal readonly record struct EncoderSizes(int Tokens, int Width, int Heads, int FeedForward)
{
    private const int MostRest = 4;

    /// <summary>Of a block's products.</summary>
    public long Weights => 4L * Width * Width + 2L * Width * FeedForward;

    /// <summary>Dh.</summary>
    public int HeadSize => Width / Heads;

    /// <summary>Features of the widest matrix that one part of the tokens needs.</summary>
    public int Widest => Math.Max(Width, FeedForward);

    /// <summary>
    /// The last tokens, which lie as rows: few that would begin another register, as the 65th of a picture of 64 patches does. By the
    /// widest register, so that no bit depends on the processor's.
    /// </summary>
    public int Rest => Tokens > Simd512.Count && Tokens % Simd512.Count <= MostRest ? Tokens % Simd512.Count : 0;

    /// <summary>The other tokens, which lie as columns.</summary>
    public int Columns => Tokens - Rest;
}
