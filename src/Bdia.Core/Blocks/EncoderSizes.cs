namespace Bdia.Core.Blocks;

/// <summary>What <see cref="EncoderKernel"/> computes over.</summary>
/// <param name="Tokens">N, of a sequence.</param>
/// <param name="Width">D.</param>
/// <param name="Heads">H.</param>
/// <param name="FeedForward">Features inside the feed-forward layer.</param>
internal readonly record struct EncoderSizes(int Tokens, int Width, int Heads, int FeedForward)
{
    /// <summary>Dh.</summary>
    public int HeadSize => Width / Heads;

    /// <summary>Features of the widest matrix that one part of the tokens needs.</summary>
    public int Widest => Math.Max(Width, FeedForward);
}
