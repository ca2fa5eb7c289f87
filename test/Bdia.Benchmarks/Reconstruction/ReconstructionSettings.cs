namespace Bdia.Benchmarks.Reconstruction;

/// <summary>One stack that is gone through forward and back.</summary>
/// <param name="Depth">Blocks.</param>
/// <param name="Gamma">|gamma|, as the text of a schedule.</param>
/// <param name="Width">Features per token.</param>
/// <param name="Tokens">Tokens of a sequence.</param>
/// <param name="Batch">Sequences.</param>
/// <param name="Seed">Of weights, states and signs.</param>
internal sealed record ReconstructionSettings(int Depth, string Gamma, int Width, int Tokens, int Batch, int Seed)
{
    public override string ToString() => $"{Depth} blocks, gamma ±{Gamma}, width {Width}, seed {Seed}";
}

/// <summary>How far what was rebuilt is off.</summary>
/// <param name="Elements">Of x_0.</param>
/// <param name="RelativeError">
/// Without a grid: root mean square of the difference between the rebuilt x_0 and x_0, over that of x_0; null where it left float32.
/// </param>
/// <param name="LargestError">Without a grid: the largest difference in magnitude; null where it left float32.</param>
/// <param name="ElementsCompared">On the grid: of all states that were rebuilt.</param>
/// <param name="ElementsDiffering">On the grid: of these, those with another bit.</param>
internal sealed record ReconstructionFigures(long Elements, double? RelativeError, double? LargestError, long ElementsCompared,
    long ElementsDiffering);
