using System.Runtime.InteropServices;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Samples.ImageClassification.Data;

/// <summary>Compares what two models make of the same rows.</summary>
internal static class Scores
{
    /// <summary>Whether two views hold the same scores in the same order, byte for byte.</summary>
    public static bool Identical(IDataView first, IDataView second)
    {
        var (left, right) = (Column(first), Column(second));
        return left.Count == right.Count && left.Zip(right).All(pair =>
            MemoryMarshal.AsBytes<float>(pair.First).SequenceEqual(MemoryMarshal.AsBytes<float>(pair.Second)));
    }

    private static List<float[]> Column(IDataView view) => [.. view.GetColumn<float[]>("Score")];
}
