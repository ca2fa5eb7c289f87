using System.Runtime.InteropServices;
using Bdia.Data.Texts;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Samples.TextClassification.Data;

/// <summary>A scored row, as an application would read it.</summary>
internal sealed class Classified : LabelledText
{
    /// <summary>What the model takes it for.</summary>
    public string PredictedLabel { get; set; } = "";

    /// <summary>The probability of every class.</summary>
    public float[] Score { get; set; } = [];

    /// <summary>Whether that is what it is.</summary>
    public bool IsRight => PredictedLabel == Class;

    /// <summary>Whether two views hold the same scores in the same order, byte for byte.</summary>
    public static bool Identical(IDataView first, IDataView second)
    {
        var (left, right) = (Column(first), Column(second));
        return left.Count == right.Count && left.Zip(right).All(pair =>
            MemoryMarshal.AsBytes<float>(pair.First).SequenceEqual(MemoryMarshal.AsBytes<float>(pair.Second)));
    }

    private static List<float[]> Column(IDataView view) => [.. view.GetColumn<float[]>(nameof(Score))];
}
