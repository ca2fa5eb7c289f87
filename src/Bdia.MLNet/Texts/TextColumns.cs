using Bdia.Core.Text;
using Bdia.MLNet.Columns;
using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Texts;

/// <summary>
/// The column that a model reads and those that it adds: the best text, its score, whether it is finished, where it is asked for the
/// log-probability of each token, and, where several are asked for, vectors of texts and scores.
/// </summary>
/// <param name="Finished">Null = not added: a model that was saved before there was this column.</param>
/// <param name="TokenLogProbabilities">Null = not added, as is usual.</param>
internal sealed record TextColumns(string Source, string PredictedText, string Score, string PredictedTexts,
    string Scores, string? Finished, string? TokenLogProbabilities = null)
{
    public DataViewSchema.Column Find(DataViewSchema schema) => TextColumn.Find(schema, "source", Source);

    /// <param name="source">The schema that they are added to.</param>
    /// <param name="task">What they are outputs of.</param>
    /// <param name="bestCount">Texts that each row gets.</param>
    /// <param name="target">What texts to be written went through in training.</param>
    public IReadOnlyList<DataViewSchema.DetachedColumn> Columns(DataViewSchema source, string task, int bestCount, ITextTokenizer target)
    {
        DataViewSchema.DetachedColumn Column(string name, DataViewType type, string valueKind)
        {
            var annotations = new DataViewSchema.Annotations.Builder();
            ScoreColumns.Annotate(annotations, source, task, valueKind);
            if (name == PredictedText)
                TargetNormalizer.Annotate(annotations, target);
            return new(name, type, annotations.ToAnnotations());
        }

        return [.. Outputs(bestCount).Select(output => output switch
        {
            TextOutput.PredictedText => Column(PredictedText, TextDataViewType.Instance, "PredictedText"),
            TextOutput.Score => Column(Score, NumberDataViewType.Single, "Score"),
            TextOutput.Finished => Column(Finished!, BooleanDataViewType.Instance, "Finished"),
            TextOutput.TokenLogProbabilities => Column(TokenLogProbabilities!, new VectorDataViewType(NumberDataViewType.Single),
                "TokenLogProbabilities"),
            TextOutput.PredictedTexts => Column(PredictedTexts, new VectorDataViewType(TextDataViewType.Instance, bestCount),
                "PredictedTexts"),
            _ => Column(Scores, new VectorDataViewType(NumberDataViewType.Single, bestCount), "Scores"),
        })];
    }

    /// <summary>The promise that <see cref="Columns"/> keeps.</summary>
    public IEnumerable<SchemaShape.Column> Shapes(int bestCount)
    {
        var annotations = ScoreColumns.Shapes;
        return Outputs(bestCount).Select(output => output switch
        {
            TextOutput.PredictedText => ColumnShapes.Scalar(PredictedText, TextDataViewType.Instance, false,
                [.. annotations, TargetNormalizer.Shape]),
            TextOutput.Score => ColumnShapes.Scalar(Score, NumberDataViewType.Single, false, annotations),
            TextOutput.Finished => ColumnShapes.Scalar(Finished!, BooleanDataViewType.Instance, false, annotations),
            TextOutput.TokenLogProbabilities => ColumnShapes.VariableVector(TokenLogProbabilities!, NumberDataViewType.Single,
                annotations),
            TextOutput.PredictedTexts => ColumnShapes.Vector(PredictedTexts, TextDataViewType.Instance, annotations),
            _ => ColumnShapes.Vector(Scores, NumberDataViewType.Single, annotations),
        });
    }

    /// <summary>The columns that are added, in order.</summary>
    public IEnumerable<TextOutput> Outputs(int bestCount)
    {
        yield return TextOutput.PredictedText;
        yield return TextOutput.Score;
        if (Finished is not null)
            yield return TextOutput.Finished;
        if (TokenLogProbabilities is not null)
            yield return TextOutput.TokenLogProbabilities;
        if (bestCount == 1)
            yield break;
        yield return TextOutput.PredictedTexts;
        yield return TextOutput.Scores;
    }
}

/// <summary>What a column that a model adds holds.</summary>
internal enum TextOutput
{
    PredictedText,
    Score,
    Finished,
    TokenLogProbabilities,
    PredictedTexts,
    Scores,
}
