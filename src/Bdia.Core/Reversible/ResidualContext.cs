using static TorchSharp.torch;

namespace Bdia.Core.Reversible;

/// <summary>What a residual function gets besides the state.</summary>
public sealed class ResidualContext
{
    internal ResidualContext(BlockRandom? random, IReadOnlyList<Tensor> conditions)
    {
        Random = random;
        Conditions = conditions;
    }

    /// <summary>
    /// Randomness of this block and step, the same on every evaluation; null in evaluation mode, where nothing is random.
    /// </summary>
    public BlockRandom? Random { get; }

    /// <summary>The further inputs given to <see cref="BdiaStack"/>, for instance an encoder's output and a mask.</summary>
    public IReadOnlyList<Tensor> Conditions { get; }

    /// <summary>
    /// Whether products are float32 whatever precision the layers train in, for results that must not depend on a batch's other rows.
    /// </summary>
    internal bool InFloat32 { get; init; }
}
