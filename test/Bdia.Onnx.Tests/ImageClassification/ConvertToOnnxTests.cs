using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Bdia.Onnx.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.Transforms;

namespace Bdia.Onnx.Tests.ImageClassification;

/// <summary>ML.NET's own conversion of a pipeline with a model of pixel vectors, in ONNX Runtime.</summary>
public class ConvertToOnnxTests
{
    private readonly MLContext context = new(1);

    private sealed class Row
    {
        [VectorType(3, ImageRow.Side, ImageRow.Side)]
        public float[] Features { get; set; } = [];

        public string Name { get; set; } = "";
    }

    private sealed class InterleavedRow
    {
        [VectorType(ImageRow.Side, ImageRow.Side, 3)]
        public float[] Features { get; set; } = [];

        public string Name { get; set; } = "";
    }

    private sealed class FlatRow
    {
        [VectorType(3 * ImageRow.Side * ImageRow.Side)]
        public float[] Features { get; set; } = [];

        public string Name { get; set; } = "";
    }

    private sealed class Halved
    {
        [VectorType(3, ImageRow.Side, ImageRow.Side)]
        public float[] Pixels { get; set; } = [];
    }

    private sealed class Answer
    {
        public string PredictedLabel { get; set; } = "";

        public float[] Score { get; set; } = [];
    }

    private static float[] Interleaved(float[] planar)
    {
        const int area = ImageRow.Side * ImageRow.Side;
        return [.. from pixel in Enumerable.Range(0, area) from channel in Enumerable.Range(0, 3) select planar[channel * area + pixel]];
    }

    private static List<TRow> Rows<TRow>(int count, int seed, Func<ImageRow, TRow> make) => [.. ImageRows.Of(count, seed).Select(make)];

    private static Row Planar(ImageRow row) => new() { Features = row.Features, Name = row.Name };

    private EstimatorChain<KeyToValueMappingTransformer> Pipeline() => context.Transforms.Conversion.MapValueToKey("Label", "Name")
        .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(epochs: 4)))
        .Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"));

    private void AssertConverted<TRow>(Func<ImageRow, TRow> make, long[] shape, Func<TRow, float[]> pixels) where TRow : class
    {
        var rows = Rows(9, 4, make);
        var data = context.Data.LoadFromEnumerable(Rows(36, 1, make));
        using var model = (IDisposable)Pipeline().Fit(data);
        var scored = ((ITransformer)model).Transform(context.Data.LoadFromEnumerable(rows));
        var ours = context.Data.CreateEnumerable<Answer>(scored, reuseRowObject: false).ToArray();
        using var file = new OnnxFile(stream => context.Model.ConvertToOnnx((ITransformer)model, data, stream, "PredictedLabel", "Score"));
        using var image = OrtValue.CreateTensorValueFromMemory(rows.SelectMany(pixels).ToArray(), [rows.Count, .. shape]);
        using var names = OrtValue.CreateFromStringTensor(new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<string>(
            rows.Select(_ => "").ToArray(), [rows.Count, 1]));
        using var run = new RunOptions();
        var given = file.Session.InputNames.ToDictionary(name => name, name => name == "Features" ? image : names);
        using var results = file.Session.Run(run, given, ["PredictedLabel.output", "Score.output"]);

        Assert.Equal(ours.Select(answer => answer.PredictedLabel), results[0].GetStringTensorAsArray());
        var scores = results[1].GetTensorDataAsSpan<float>().ToArray();
        Assert.All(ours.SelectMany(answer => answer.Score), (score, i) => Assert.Equal(score, scores[i], 0.01));
    }

    [Fact]
    public void A_pipeline_from_planar_pixels_gives_labels_and_scores_of_the_model()
        => AssertConverted(Planar, [3, ImageRow.Side, ImageRow.Side], row => row.Features);

    [Fact]
    public void A_pipeline_from_interleaved_pixels_gives_them_as_well()
        => AssertConverted(row => new InterleavedRow { Features = Interleaved(row.Features), Name = row.Name },
            [ImageRow.Side, ImageRow.Side, 3], row => row.Features);

    [Fact]
    public void A_pipeline_from_vectors_of_one_dimension_gives_them_as_well()
        => AssertConverted(row => new FlatRow { Features = row.Features, Name = row.Name }, [3 * ImageRow.Side * ImageRow.Side],
            row => row.Features);

    [Fact]
    public void Pixels_of_a_step_that_ONNX_does_not_have_are_refused_with_the_column_s_name()
    {
        var rows = context.Data.LoadFromEnumerable(Rows(24, 1, Planar));
        using var model = context.Transforms
            .CustomMapping<Row, Halved>((from, to) => to.Pixels = [.. from.Features.Select(x => x / 2)], null)
            .Append(context.Transforms.Conversion.MapValueToKey("Label", "Name"))
            .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options("Pixels", epochs: 1))).Fit(rows);
        using var stream = new MemoryStream();

        var fault = Assert.ThrowsAny<Exception>(() => context.Model.ConvertToOnnx(model, rows, stream, "Score"));

        Assert.Contains("'Pixels'", fault.GetBaseException().Message, StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }

    [Fact]
    public void Operators_older_than_the_network_s_are_refused_in_ML_NET_s_own_words()
    {
        var data = context.Data.LoadFromEnumerable(Rows(24, 1, Planar));
        using var model = (IDisposable)Pipeline().Fit(data);
        using var stream = new MemoryStream();

        var fault = Assert.ThrowsAny<Exception>(() => context.Model.ConvertToOnnx((ITransformer)model, data, 11, stream));

        Assert.Contains("Requested OpSet version 11 is lower than BdiaImageClassification's minimum", fault.Message,
            StringComparison.Ordinal);
        Assert.Equal(0, stream.Length);
    }
}
