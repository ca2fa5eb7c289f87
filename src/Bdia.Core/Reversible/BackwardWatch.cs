namespace Bdia.Core.Reversible;

/// <summary>The backward passes of one stack as they are seen from outside.</summary>
internal sealed class BackwardWatch
{
    /// <summary>Told of every block that is gone back through; null for nobody.</summary>
    public IBlockObserver? Observer { get; set; }

    /// <summary>Why the last one failed; null if it did not.</summary>
    public ReversibilityException? Fault { get; set; }
}
