using System.Text.Json.Serialization;

namespace Bdia.Core.Training;

/// <summary>Figures of one validation, each over all rows.</summary>
/// <param name="Loss">Mean loss per item.</param>
/// <param name="Items">Rows or tokens that it was taken over.</param>
/// <param name="Accuracy">Share of items that the model got right, 0..1; null where that is not known.</param>
/// <param name="Score">The task's own figure, higher is better (BLEU, say); null where there is none.</param>
public sealed record ValidationResult(double Loss, long Items, double? Accuracy = null, double? Score = null)
{
    /// <summary>
    /// exp(<see cref="Loss"/>): where the loss is the mean negative natural logarithm of the probability of the right item, the model is as
    /// unsure as among this many equally likely ones.
    /// </summary>
    [JsonIgnore]
    public double Perplexity => Math.Exp(Loss);

    /// <summary>The figure that chooses the best model, turned so that higher is better; null where it is not known.</summary>
    internal double? Figure(ModelSelection by) => by switch
    {
        ModelSelection.Accuracy => Accuracy,
        ModelSelection.Loss => -Loss,
        _ => Score,
    };
}
