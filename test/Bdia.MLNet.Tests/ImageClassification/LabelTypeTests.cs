using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Labels of every type: names, annotations and keys.</summary>
public class LabelTypeTests
{
    private readonly MLContext context = new(1);

    private sealed class Row<T>
    {
        [VectorType(3, ImageRow.Side, ImageRow.Side)]
        public float[] Features { get; set; } = [];

        public T Value { get; set; } = default!;
    }

    private IDataView Data<T>(params T[] values)
    {
        var rows = ImageRows.Of(12).Select((row, i) => new Row<T> { Features = row.Features, Value = values[i % values.Length] }).ToList();
        var view = context.Data.LoadFromEnumerable(rows);
        return context.Transforms.Conversion.MapValueToKey("Label", "Value").Fit(view).Transform(view);
    }

    private BdiaImageClassificationTransformer Fit(IDataView data)
        => context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options(epochs: 1)).Fit(data);

    private void AssertNamed<T>(T[] values, params string[] texts) => AssertNamed<T, T>(values, values, texts);

    private void AssertNamed<T, TRaw>(T[] values, TRaw[] raw, params string[] texts)
    {
        var data = Data(values);
        using var model = Fit(data);
        using var stream = new MemoryStream();
        context.Model.Save(model, data.Schema, stream);
        stream.Position = 0;

        foreach (var candidate in new[] { model, context.Model.Load(stream, out _) })
        {
            var schema = candidate.Transform(data).Schema;
            VBuffer<ReadOnlyMemory<char>> names = default;
            schema["Score"].GetSlotNames(ref names);
            Assert.Equal(texts, names.DenseValues().Select(name => name.ToString()));
            AssertValues(schema["Score"].Annotations, "TrainingLabelValues");
            AssertValues(schema["PredictedLabel"].Annotations, "KeyValues");

            var named = context.Transforms.Conversion.MapKeyToValue("PredictedLabel").Fit(candidate.Transform(data))
                .Transform(candidate.Transform(data));
            Assert.Equal(data.Schema["Value"].Type, named.Schema["PredictedLabel"].Type);
        }

        void AssertValues(DataViewSchema.Annotations annotations, string kind)
        {
            VBuffer<TRaw> found = default;
            annotations.GetValue(kind, ref found);
            Assert.Equal(raw.Select(value => value!.ToString()), found.DenseValues().Select(value => value!.ToString()));
        }
    }

    [Fact]
    public void Slot_names_and_key_values_come_from_labels_of_every_type()
    {
        AssertNamed(["cat", "dog"], ["cat".AsMemory(), "dog".AsMemory()], "cat", "dog");
        AssertNamed([7, -3, 5], "7", "-3", "5");
        AssertNamed([true, false], "true", "false");
        AssertNamed([0.5f, 2f], "0.5", "2");
        AssertNamed([1UL, 1UL << 63], "1", "9223372036854775808");
        AssertNamed([new DateTime(2024, 2, 29), new DateTime(2025, 1, 1)], "2024-02-29T00:00:00.0000000", "2025-01-01T00:00:00.0000000");
    }

    private sealed class KeyRow
    {
        [VectorType(3, ImageRow.Side, ImageRow.Side)]
        public float[] Features { get; set; } = [];

        [KeyType(4)]
        public uint Label { get; set; }
    }

    [Fact]
    public void A_key_without_values_gives_columns_without_names_and_four_scores()
    {
        var data = context.Data.LoadFromEnumerable(
            ImageRows.Of(12).Select((row, i) => new KeyRow { Features = row.Features, Label = (uint)(i % 3) + 1 }).ToList());
        using var model = Fit(data);

        var schema = model.Transform(data).Schema;

        Assert.Equal(new VectorDataViewType(NumberDataViewType.Single, 4), schema["Score"].Type);
        Assert.Equal(new KeyDataViewType(typeof(uint), 4), schema["PredictedLabel"].Type);
        Assert.Null(schema["Score"].Annotations.Schema.GetColumnOrNull("SlotNames"));
        Assert.Equal(Shapes.Describe(Shapes.Of(schema)),
            Shapes.Describe(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options())
                .GetOutputSchema(Shapes.Of(data.Schema))));
    }

    [Fact]
    public void Annotations_are_those_of_ML_NET_s_own_trainers()
    {
        var data = Data("cat", "dog");
        using var model = Fit(data);
        var ours = model.Transform(data);
        var theirs = context.MulticlassClassification.Trainers.SdcaMaximumEntropy(maximumNumberOfIterations: 1).Fit(data).Transform(data);

        foreach (var name in new[] { "Score", "PredictedLabel" })
        {
            Assert.Equal(theirs.Schema[name].Type, ours.Schema[name].Type);
            Assert.Equal(Describe(theirs.Schema[name].Annotations), Describe(ours.Schema[name].Annotations));
        }
        // A second model over scored rows belongs to the next set, so that evaluators take its columns.
        Assert.Equal(2u, SetId(model.Transform(theirs).Schema["Score"]));

        static IEnumerable<string> Describe(DataViewSchema.Annotations annotations)
            => annotations.Schema.Select(column => $"{column.Name} {column.Type} {Text(annotations, column)}")
                .Order(StringComparer.Ordinal);

        static string Text(DataViewSchema.Annotations annotations, DataViewSchema.Column column)
        {
            if (column.Type is not TextDataViewType)
                return column.Name == "ScoreColumnSetId" ? SetIdOf(annotations).ToString() : "";
            ReadOnlyMemory<char> text = default;
            annotations.GetValue(column.Name, ref text);
            return text.ToString();
        }

        static uint SetId(DataViewSchema.Column column) => SetIdOf(column.Annotations);

        static uint SetIdOf(DataViewSchema.Annotations annotations)
        {
            uint id = 0;
            annotations.GetValue("ScoreColumnSetId", ref id);
            return id;
        }
    }

    [Fact]
    public void A_key_with_one_value_is_refused_in_ML_NET_s_words()
    {
        var error = Assert.Throws<ArgumentException>(() => Fit(Data("cat")));

        Assert.Contains("Only one class found in the Label column", error.Message, StringComparison.Ordinal);
    }
}
