namespace Bdia.Core.Training;

/// <summary>How gradients become steps.</summary>
public enum OptimizerKind
{
    /// <summary>AdamW (Loshchilov and Hutter, 2019) for every parameter.</summary>
    AdamW,

    /// <summary>
    /// Muon (Jordan et al., 2024) for the matrices of the blocks, whose steps are made orthogonal, and AdamW for all else: embeddings,
    /// norms, biases, the head. Steps are scaled to be as large as AdamW's (Liu et al., "Muon is Scalable for LLM Training", 2025), so
    /// that one learning rate and one weight decay serve both. Keeps 4 bytes for each weight of a matrix, where AdamW keeps 8.
    /// </summary>
    Muon,
}
