using Bdia.Reports.Rows;
using Bdia.Tool.Training;
using CsCheck;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Tool.Tests.Training;

public sealed class ClassFiguresTests
{
    private static readonly string[] Classes = ["a", "b", "c"];

    // ML.NET's own evaluation is the oracle.
    [Fact]
    public void Figures_are_those_of_ML_NET() => Gen.Select(Gen.Int[0, 2], Gen.Float[0.01f, 1].Array[3]).Array[3, 40].Sample(rows =>
    {
        var scored = rows.Select(row => (Label: row.Item1, Scores: row.Item2.Select(value => value / row.Item2.Sum()).ToArray())).ToArray();
        var evaluation = ClassFigures.Of([.. scored.Select((row, i) => (new DataRow($"{i}", "", Classes[row.Label]),
            PictureTask.Best(Classes, row.Scores)))], Classes);

        var mlContext = new MLContext(1);
        var view = mlContext.Transforms.Conversion.MapValueToKey("Label", keyData: mlContext.Data.LoadFromEnumerable(
            Classes.Select(name => new Name { Label = name }))).Append(mlContext.Transforms.Conversion.MapValueToKey("PredictedLabel",
                keyData: mlContext.Data.LoadFromEnumerable(Classes.Select(name => new Name { Label = name })))).Fit(Rows())
                    .Transform(Rows());
        var expected = mlContext.MulticlassClassification.Evaluate(view);

        var figures = evaluation.Figures.ToDictionary(figure => figure.Name, figure => figure.Value);
        Assert.Equal(expected.MicroAccuracy, figures["Accuracy"], 9);
        Assert.Equal(expected.MacroAccuracy, figures["Mean accuracy of classes"], 9);
        Assert.Equal(expected.LogLoss, figures["Log-loss"], 5);

        IDataView Rows() => mlContext.Data.LoadFromEnumerable(scored.Select(row => new Row
        {
            Label = Classes[row.Label], PredictedLabel = PictureTask.Best(Classes, row.Scores).Text, Score = row.Scores,
        }));
    }, iter: 20, threads: 1);

    // Reference values by the formula at 95 %, worked out by hand for the corners.
    [Theory]
    [InlineData(0, 10, 0, 0.2775)]
    [InlineData(10, 10, 0.7225, 1)]
    [InlineData(5, 10, 0.2366, 0.7634)]
    [InlineData(1, 1, 0.2065, 1)]
    public void Wilson_intervals_are_those_of_the_formula(int right, int count, double low, double high)
    {
        var (from, to) = ClassFigures.Wilson(right, count);
        Assert.Equal((low, high), (Math.Round(from, 4), Math.Round(to, 4)));
    }

    private sealed class Name
    {
        public string Label { get; set; } = "";
    }

    private sealed class Row
    {
        public string Label { get; set; } = "";

        public string PredictedLabel { get; set; } = "";

        [VectorType(3)]
        public float[] Score { get; set; } = [];
    }
}
