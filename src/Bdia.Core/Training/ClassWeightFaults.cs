using Bdia.Core.Common;

namespace Bdia.Core.Training;

/// <summary>What weights of classes must be.</summary>
internal static class ClassWeightFaults
{
    /// <summary>Notes what is wrong with them.</summary>
    /// <param name="faults">Where it is noted.</param>
    /// <param name="option">What the user calls them.</param>
    /// <param name="weights">One for each class, or null.</param>
    /// <param name="classes">Number of classes.</param>
    public static void Check(OptionFaults faults, string option, IReadOnlyList<float>? weights, int classes)
    {
        if (weights is null) return;
        faults.Require(weights.Count == classes, option, $"of length {weights.Count}", $"of length {classes}, one for each class");
        for (var i = 0; i < weights.Count; i++)
            faults.Require(weights[i] is > 0 and < float.PositiveInfinity, $"{option}[{i}]", weights[i], "above 0 and finite");
    }
}
