namespace Bdia.Core.Reversible;

/// <summary>
/// What <see cref="GammaSchedule.Automatic"/> chooses from, from nearly plain to the paper's. The first is the default of other runs; none
/// keeps more bits than it.
/// </summary>
internal static class GammaStrengths
{
    /// <summary>The weights, the least first.</summary>
    public static IReadOnlyList<IntegrationWeight> All { get; } =
    [
        IntegrationWeight.Exponent(5), IntegrationWeight.Exponent(4), IntegrationWeight.Exponent(3), IntegrationWeight.Exponent(2),
        IntegrationWeight.Ratio(3, 3, 8), IntegrationWeight.Exponent(1),
    ];

    /// <summary>The number of the last one.</summary>
    public static int Largest => All.Count - 1;

    /// <summary>A weight as p/q.</summary>
    /// <param name="strength">Its number, 0 for the least.</param>
    public static string Name(int strength) => $"{All[strength].Most}/{All[strength].Denominator}";
}
