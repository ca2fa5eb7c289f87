using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Columns;

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

    /// <summary>Makes sure that what was read from a file makes sense.</summary>
    /// <exception cref="FormatException">It does not.</exception>
    public void Check()
    {
        if (PredictedLabel == Score)
            throw new FormatException($"The two columns that are added are both named '{Score}'.");
        if (Labels is not null && Labels.Texts.Count != Classes)
            throw new FormatException($"There are {Labels.Texts.Count} label values for {Classes} classes.");
    }

    /// <summary>The promise that <see cref="Columns"/> keeps, for a label column of which only the shape is known.</summary>
    public static IEnumerable<SchemaShape.Column> Shapes(string predictedLabel, string score, SchemaShape.Column label)
    {
        var values = label.Annotations.Where(a => a.Name == KeyValues.AnnotationKind
            && a.Kind == SchemaShape.Column.VectorKind.Vector).ToArray();
        var names = values.SelectMany<SchemaShape.Column, SchemaShape.Column>(a =>
        [
            ColumnShapes.Vector(ScoreColumns.SlotNames, TextDataViewType.Instance),
            ColumnShapes.Vector(ScoreColumns.TrainingLabelValues, a.ItemType),
        ]);
        yield return ColumnShapes.Scalar(predictedLabel, NumberDataViewType.UInt32, isKey: true, [.. ScoreColumns.Shapes, .. values]);
        yield return ColumnShapes.Vector(score, NumberDataViewType.Single, [.. ScoreColumns.Shapes, .. names]);
    }
}
