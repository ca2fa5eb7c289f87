namespace Bdia.Core.Reversible;

/// <summary>How a <see cref="BdiaStack"/> gets at its states in the backward pass. All modes compute the same loss bit for bit.</summary>
public enum BackpropagationMode
{
    /// <summary>
    /// States are rebuilt exactly from the last two and m bits per element and block. Memory for states does not grow with depth.
    /// </summary>
    Reversible,

    /// <summary>
    /// Every activation is stored, as ordinary autograd does. The oracle of the other modes, and the fastest where memory allows.
    /// </summary>
    StoreActivations,

    /// <summary>One float32 state per block is stored, and each block is evaluated again in the backward pass.</summary>
    Checkpointed,
}
