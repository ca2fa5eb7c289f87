namespace Bdia.Benchmarks.Regularisation;

/// <summary>What keeps a network from learning its rows by heart, the rest being equal.</summary>
internal enum RegularisationMethod
{
    /// <summary>Nothing beyond weight decay, crop and flip: gamma = 0, no grid, activations stored.</summary>
    Plain,

    /// <summary>Plain, with dropout 0.1.</summary>
    Dropout10,

    /// <summary>Plain, with stochastic depth 0.1.</summary>
    DropPath10,

    /// <summary>The two-stream reversible transformer.</summary>
    RevVit,

    /// <summary>gamma = 0 on the grid: quantisation alone.</summary>
    Grid,

    /// <summary>gamma = ±1/2, as the paper.</summary>
    BdiaHalf,

    /// <summary>gamma = ±1/32, the default.</summary>
    Bdia32nd,

    /// <summary>The schedule that looks at the run.</summary>
    Automatic,

    /// <summary>A size drawn as well as a sign, ±1/16 to ±1.</summary>
    RandomSize,
}
