namespace Bdia.Benchmarks.Training;

/// <summary>How a contender back-propagates through its blocks. Same blocks, same data, same optimizer in all of them.</summary>
internal enum TrainingMethod
{
    /// <summary>The plain transformer, x + h(x), as a TorchSharp user writes it: autograd stores what it needs.</summary>
    Plain,

    /// <summary>The plain transformer; every block keeps its input alone and is run again in the backward pass.</summary>
    PlainCheckpointed,

    /// <summary>The plain transformer; √K segments of about √K blocks keep their input alone.</summary>
    PlainSqrtCheckpointed,

    /// <summary>A two-stream reversible transformer (Mangalam et al., "Reversible Vision Transformers", 2022).</summary>
    RevVit,

    /// <summary>BDIA, states rebuilt.</summary>
    Reversible,

    /// <summary>BDIA, states rebuilt, with the optimizer within the backward pass: one block's gradients at a time.</summary>
    ReversibleInBackward,

    /// <summary>
    /// The same with Muon, which keeps one moment of the blocks' matrices and not two: the optimizer of pictures by default.
    /// </summary>
    ReversibleMuonInBackward,

    /// <summary>BDIA, activations stored.</summary>
    StoreActivations,

    /// <summary>BDIA, every state stored and every block run again.</summary>
    Checkpointed,
}
