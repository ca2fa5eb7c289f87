using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Samples.TextGeneration.Data;

/// <summary>A prompt and what the model has written behind it, as an application would read it.</summary>
internal sealed class Written
{
    /// <summary>The prompt.</summary>
    public string Text { get; set; } = "";

    /// <summary>What has to follow it; "" where nothing has to.</summary>
    public string Answer { get; set; } = "";

    /// <summary>What follows it.</summary>
    public string PredictedText { get; set; } = "";

    /// <summary>Its log-probability, normalised by its length.</summary>
    public float Score { get; set; }

    /// <summary>Whether it is what has to follow.</summary>
    [NoColumn]
    public bool IsRight => PredictedText == Answer;

    /// <summary>Whether two views hold the same texts in the same order, the scores equal in every bit.</summary>
    public static bool Identical(IDataView first, IDataView second)
        => first.GetColumn<string>(nameof(PredictedText)).SequenceEqual(second.GetColumn<string>(nameof(PredictedText)))
        && first.GetColumn<float>(nameof(Score)).Select(BitConverter.SingleToInt32Bits)
            .SequenceEqual(second.GetColumn<float>(nameof(Score)).Select(BitConverter.SingleToInt32Bits));
}
