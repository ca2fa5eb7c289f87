namespace Bdia.Core.Reversible;

/// <summary>
/// Told of every block while a stack's backward pass runs: a block's weight gradients are complete before those of the next one are begun.
/// </summary>
/// <remarks>What an observer throws ends the pass, and stands in <see cref="BdiaStack.BackwardFault"/>.</remarks>
internal interface IBlockObserver
{
    /// <summary>A backward pass is about to begin, and to find out whether a weight has changed since its forward pass.</summary>
    /// <param name="last">The block that it comes to first.</param>
    void BeforePass(Residual last);

    /// <summary>The gradients of a block's weights are about to be added to the weights' grad.</summary>
    void BeforeBackward(Residual block);

    /// <summary>They are there. The pass needs neither them nor the block's weights any more.</summary>
    void AfterBackward(Residual block);
}
