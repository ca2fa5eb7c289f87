using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The column that a model reads and those that it adds: the best text and its score, and, where several are asked for, vectors of them.</summary>
internal sealed record TextColumns(string Source, string PredictedText, string Score, string PredictedTexts, string Scores)
{
    /// <summary>Place of <see cref="PredictedText"/> among the columns added.</summary>
    public const int PredictedTextIndex = 0;

    /// <summary>Place of <see cref="Score"/> among the columns added.</summary>
    public const int ScoreIndex = 1;

    /// <summary>Place of <see cref="PredictedTexts"/> among the columns added, where there are several texts.</summary>
    public const int PredictedTextsIndex = 2;

    /// <summary>Place of <see cref="Scores"/> among the columns added, where there are several texts.</summary>
    public const int ScoresIndex = 3;

    private const string Kind = "SequenceToSequence";

    public static ColumnRequirement Requirement(string role, string name) => new(role, name, TextDataViewType.Instance.ToString(),
        column => column is { Kind: SchemaShape.Column.VectorKind.Scalar, ItemType: TextDataViewType },
        "The column must hold texts; ConvertType turns other scalars into texts.");

    public DataViewSchema.Column Find(DataViewSchema schema)
    {
        Requirement("source", Source).Check(schema);
        return schema[Source];
    }

    /// <param name="source">The schema that they are added to.</param>
    /// <param name="bestCount">Texts that each row gets.</param>
    public IReadOnlyList<DataViewSchema.DetachedColumn> Columns(DataViewSchema source, int bestCount)
    {
        DataViewSchema.DetachedColumn Column(string name, DataViewType type, string valueKind)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            ScoreColumns.Annotate(annotations, source, Kind, valueKind);
            return new(name, type, annotations.ToAnnotations());
        }

        DataViewSchema.DetachedColumn[] best = [Column(PredictedText, TextDataViewType.Instance, "PredictedText"), Column(Score, NumberDataViewType.Single, "Score")];
        return bestCount == 1 ? best :
        [
            .. best,
            Column(PredictedTexts, new VectorDataViewType(TextDataViewType.Instance, bestCount), "PredictedTexts"),
            Column(Scores, new VectorDataViewType(NumberDataViewType.Single, bestCount), "Scores"),
        ];
    }

    /// <summary>The promise that <see cref="Columns"/> keeps.</summary>
    public IEnumerable<SchemaShape.Column> Shapes(int bestCount)
    {
        var annotations = ScoreColumns.Shapes;
        yield return ColumnShapes.Scalar(PredictedText, TextDataViewType.Instance, false, annotations);
        yield return ColumnShapes.Scalar(Score, NumberDataViewType.Single, false, annotations);
        if (bestCount == 1)
            yield break;
        yield return ColumnShapes.Vector(PredictedTexts, TextDataViewType.Instance, annotations);
        yield return ColumnShapes.Vector(Scores, NumberDataViewType.Single, annotations);
    }
}
