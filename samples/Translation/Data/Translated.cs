using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Samples.Translation.Data;

/// <summary>A translated row, as an application would read it.</summary>
internal sealed class Translated
{
    /// <summary>What was translated.</summary>
    public string Source { get; set; } = "";

    /// <summary>What it should be.</summary>
    public string Target { get; set; } = "";

    /// <summary>What it is.</summary>
    public string PredictedText { get; set; } = "";

    /// <summary>Its log-probability, normalised by its length.</summary>
    public float Score { get; set; }

    /// <summary>Whether it is as it should be.</summary>
    [NoColumn]
    public bool IsRight => PredictedText == Target;

    /// <summary>Whether two views hold the same translations in the same order, the scores equal in every bit.</summary>
    public static bool Identical(IDataView first, IDataView second)
        => first.GetColumn<string>(nameof(PredictedText)).SequenceEqual(second.GetColumn<string>(nameof(PredictedText)))
        && first.GetColumn<float>(nameof(Score)).Select(BitConverter.SingleToInt32Bits)
            .SequenceEqual(second.GetColumn<float>(nameof(Score)).Select(BitConverter.SingleToInt32Bits));
}
