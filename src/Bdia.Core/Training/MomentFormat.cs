namespace Bdia.Core.Training;

/// <summary>The number format in which an optimizer keeps its moments.</summary>
public enum MomentFormat
{
    /// <summary>4 bytes each.</summary>
    Float32,

    /// <summary>
    /// Of the matrices of the blocks a byte each, and a scale for every 256 of them: a quarter of the memory (Dettmers et al., "8-bit
    /// Optimizers via Block-wise Quantization", 2022). They are rounded up or down by chance, so that a mean that changes slowly still
    /// does; the chance follows from step and place, so that runs repeat and resume to the same bits. On the CPU alone.
    /// </summary>
    EightBits,
}
