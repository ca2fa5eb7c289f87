using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Data.Pictures;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Tool.Training;

/// <summary>Pictures and their classes.</summary>
internal sealed class PictureTask : TrainingTask
{
    private const string Image = "ImageSource", Label = "Label", Score = "Score";

    public override string Name => "image-classification";

    public override string Datasets => "Folder of class folders (with or without train and test), table with paths or pictures (.tsv, "
        + ".csv, .jsonl, .parquet), or folder of CIFAR or IDX files.";

    public override string Unit => "pictures";

    public override string Title => "model that tells pictures apart";

    public override bool HasClasses => true;

    public override bool GainsByBFloat16 => true;

    public override bool IsForLongRuns(Recipe recipe) => recipe is Recipe.Balanced or Recipe.Best;

    public override RowSets Load(string path, TrainOptions options)
    {
        var set = PictureSet.Open(path, options.LabelColumn, options.ImageColumn, options.HasHeader);
        CheckClasses(path, set.Classes);
        return new()
        {
            Name = set.Name, Kind = set.Kind, Classes = set.Classes, LeftOut = set.LeftOut, Train = [.. set.Train.Select(Row)],
            Test = set.Test?.Select(Row).ToArray(),
        };
    }

    public static DataRow Row(PictureItem item) => new(item.Name, "", item.Label, item.Load);

    public override Trained Fit(MLContext mlContext, RowSets data, TrainOptions options, RunPlan plan)
    {
        var train = View(mlContext, data.Train);
        var trainer = Trainer(options);
        Common(trainer, options, plan);
        if (data.Validation is { } rows) trainer.ValidationSet = Keyed(mlContext, data.Classes).Fit(train).Transform(View(mlContext, rows));
        var pipeline = Keyed(mlContext, data.Classes)
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(trainer))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(train);
        var model = pipeline.Part<BdiaImageClassificationTransformer>();
        return new(pipeline, train.Schema, model, model.Model.Result!);
    }

    public override MemoryEstimate Estimate(MLContext mlContext, RowSets data, TrainOptions options)
    {
        // What is read matters less than how many classes there are; of many pictures some tell the size.
        var rows = Keyed(mlContext, data.Classes).Fit(View(mlContext, data.Train)).Transform(View(mlContext, data.Train));
        return mlContext.MulticlassClassification.Trainers.BdiaImageClassification(Trainer(options)).EstimateMemory(rows);
    }

    public override BdiaTransformer? Find(ITransformer pipeline) => Models.SavedModel.In<BdiaImageClassificationTransformer>(pipeline);

    public override IReadOnlyList<string> Classes(MLContext mlContext, BdiaTransformer model)
        => SlotNames(model.Transform(View(mlContext, [], Column(model))));

    public override IEnumerable<Prediction> Predict(MLContext mlContext, BdiaTransformer model, IEnumerable<DataRow> rows)
    {
        var pictures = (BdiaImageClassificationTransformer)model;
        pictures.BadImages = BadImagePolicy.Skip;
        var read = new Queue<(DataRow Row, byte[] Bytes)>();
        var view = pictures.Transform(View(mlContext, rows, Column(model), (row, bytes) => read.Enqueue((row, bytes))));
        var classes = SlotNames(view);
        var score = view.Schema[Score];
        using var cursor = view.GetRowCursor([score]);
        var getter = cursor.GetGetter<VBuffer<float>>(score);
        var buffer = default(VBuffer<float>);
        while (cursor.MoveNext())
        {
            getter(ref buffer);
            var scores = buffer.DenseValues().ToArray();
            var (_, bytes) = read.Dequeue();
            yield return float.IsNaN(scores[0]) ? Prediction.Bad(Reason(mlContext, pictures, bytes)) : Best(classes, scores);
        }
    }

    public override Evaluation Evaluate(MLContext mlContext, BdiaTransformer model, IReadOnlyList<DataRow> rows)
        => Evaluation.OfClasses([.. rows.Zip(Predict(mlContext, model, rows))], Classes(mlContext, model));

    public static Prediction Best(IReadOnlyList<string> classes, float[] scores)
    {
        var best = Array.IndexOf(scores, scores.Max());
        return new(classes[best], scores[best], scores);
    }

    public static IReadOnlyList<string> SlotNames(IDataView view)
    {
        var names = default(VBuffer<ReadOnlyMemory<char>>);
        view.Schema[Score].GetSlotNames(ref names);
        return [.. names.DenseValues().Select(name => name.ToString())];
    }

    /// <summary>The classes as MapValueToKey takes them, so that one keeps its place even where no row has it.</summary>
    public static IEstimator<ITransformer> Keyed(MLContext mlContext, IReadOnlyList<string> classes)
        => mlContext.Transforms.Conversion.MapValueToKey(Label,
            keyData: mlContext.Data.LoadFromEnumerable(classes.Select(name => new ClassName { Label = name })));

    protected override IEnumerable<(string Name, string Value)> OwnCodeOptions(RowSets data, TrainOptions options)
    {
        var trainer = Trainer(options);
        if (options.Preset is not null) yield return ("Preset", $"VisionTransformerPreset.{trainer.Preset}");
        // A preset that is asked for has its own sizes, whatever the recipe says.
        if (options is { Preset: not null, Recipe: not null })
            foreach (var size in new[] { "Width", "Depth", "Heads", "FeedForwardWidth" }) yield return (size, "null");
        if (options.ImageSize is not { } side) yield break;
        yield return ("ImageHeight", $"{side}");
        yield return ("ImageWidth", $"{side}");
    }

    private static BdiaImageClassificationTrainer.Options Trainer(TrainOptions options)
    {
        var trainer = options.Recipe is { } recipe ? new BdiaImageClassificationTrainer.Options(recipe) : new();
        trainer.FeatureColumnName = Image;
        trainer.LabelColumnName = Label;
        trainer.Preset = Preset(options, VisionTransformerPreset.Compact);
        if (options.Preset is not null) trainer.Width = trainer.Depth = trainer.Heads = trainer.FeedForwardWidth = null;
        trainer.ImageHeight = trainer.ImageWidth = options.ImageSize;
        trainer.BadImages = BadImagePolicy.Skip;
        trainer.Precision = options.Precision;
        return trainer;
    }

    // The reason is that of the row alone: in a batch only the first few are told.
    private static string Reason(MLContext mlContext, BdiaImageClassificationTransformer model, byte[] bytes)
    {
        model.BadImages = BadImagePolicy.Throw;
        try
        {
            var view = model.Transform(View(mlContext, [new("", "", "", () => bytes)], Column(model)));
            foreach (var _ in view.GetColumn<float[]>(Score))
            {
            }

            return "it is no picture";
        }
        catch (Exception fault) when (fault.GetBaseException() is InvalidDataException reason)
        {
            var text = reason.Message;
            return text[(text.IndexOf(": ", StringComparison.Ordinal) + 2)..].Split(". ")[0];
        }
        finally
        {
            model.BadImages = BadImagePolicy.Skip;
        }
    }

    private static string Column(BdiaTransformer model)
    {
        var pictures = (BdiaImageClassificationTransformer)model;
        return pictures.FeatureColumnType is VectorDataViewType { ItemType: NumberDataViewType { RawType: var type } }
            && type == typeof(float)
            ? throw new ToolException(ExitCode.Model, "This model reads pixel values, not pictures. Train one from picture files, as bdia "
                + "image-classification does.")
            : pictures.FeatureColumnName;
    }

    private static IDataView View(MLContext mlContext, IEnumerable<DataRow> rows, string column = Image,
        Action<DataRow, byte[]>? read = null)
    {
        var schema = SchemaDefinition.Create(typeof(PictureRow));
        schema[nameof(PictureRow.ImageSource)].ColumnName = column;
        return mlContext.Data.LoadFromEnumerable(rows.Select(row =>
        {
            var bytes = row.Picture is { } load ? load() : [];
            read?.Invoke(row, bytes);
            return new PictureRow { ImageSource = bytes, Label = row.Expected };
        }), schema);
    }

    private sealed class PictureRow
    {
        public byte[] ImageSource { get; set; } = [];

        public string Label { get; set; } = "";
    }

    private sealed class ClassName
    {
        public string Label { get; set; } = "";
    }
}
