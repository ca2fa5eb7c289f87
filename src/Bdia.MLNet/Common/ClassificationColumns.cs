using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Common;

/// <summary>The two columns that a multiclass trainer adds: the predicted label and the probabilities of all classes.</summary>
internal sealed record ClassificationColumns(string PredictedLabel, string Score, int Classes, KeyValues? Labels)
{
    /// <summary>Place of <see cref="PredictedLabel"/> among the columns added; ML.NET's scorers add it first.</summary>
    public const int PredictedLabelIndex = 0;

    /// <summary>Place of <see cref="Score"/> among the columns added.</summary>
    public const int ScoreIndex = 1;

    public IReadOnlyList<DataViewSchema.DetachedColumn> Columns(DataViewSchema source)
    {
        var predicted = new DataViewSchema.Annotations.Builder();
        ScoreColumns.Annotate(predicted, source, ScoreColumns.MulticlassKind, "PredictedLabel");
        Labels?.Annotate(predicted, KeyValues.AnnotationKind);

        var score = new DataViewSchema.Annotations.Builder();
        ScoreColumns.Annotate(score, source, ScoreColumns.MulticlassKind, "Score");
        Labels?.AnnotateTexts(score, ScoreColumns.SlotNames);
        Labels?.Annotate(score, ScoreColumns.TrainingLabelValues);

        return
        [
            new(PredictedLabel, new KeyDataViewType(typeof(uint), Classes), predicted.ToAnnotations()),
            new(Score, new VectorDataViewType(NumberDataViewType.Single, Classes), score.ToAnnotations()),
        ];
    }
}
