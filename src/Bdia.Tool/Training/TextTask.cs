using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Tool.Training;

/// <summary>Texts and their classes.</summary>
internal sealed class TextTask : TrainingTask
{
    private const string Text = "Text", Score = "Score";

    public override string Name => "text-classification";

    public override string Datasets => "Table with texts and classes (.tsv, .csv, .jsonl, .parquet), or folder of class folders with .txt "
        + "files.";

    public override string Unit => "texts";

    public override string Title => "model that tells texts apart";

    public override bool HasClasses => true;

    public override RowSets Load(string path, TrainOptions options)
    {
        var set = LabelledTextSet.Open(path, options.TextColumn, options.LabelColumn, options.HasHeader);
        CheckClasses(path, set.Classes);
        return new()
        {
            Name = set.Name, Kind = "texts and classes", Classes = set.Classes, LeftOut = set.LeftOut, Train = Rows(set.Train),
            Test = set.Test is { } test ? Rows(test) : null,
        };

        static DataRow[] Rows(IReadOnlyList<LabelledText> texts)
            => [.. texts.Select((row, i) => new DataRow($"row {i + 1:N0}", row.Text, row.Class))];
    }

    public override Trained Fit(MLContext mlContext, RowSets data, TrainOptions options, RunPlan plan)
    {
        var train = View(mlContext, data.Train);
        var trainer = Trainer(options);
        Common(trainer, options, plan);
        if (data.Validation is { } rows)
            trainer.ValidationSet = PictureTask.Keyed(mlContext, data.Classes).Fit(train).Transform(View(mlContext, rows));
        var pipeline = PictureTask.Keyed(mlContext, data.Classes)
            .Append(mlContext.MulticlassClassification.Trainers.BdiaTextClassification(trainer))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(train);
        var model = pipeline.Part<BdiaTextClassificationTransformer>();
        return new(pipeline, train.Schema, model, model.Model.Result!);
    }

    public override MemoryEstimate Estimate(MLContext mlContext, RowSets data, TrainOptions options)
    {
        var view = View(mlContext, data.Train);
        return mlContext.MulticlassClassification.Trainers.BdiaTextClassification(Trainer(options))
            .EstimateMemory(PictureTask.Keyed(mlContext, data.Classes).Fit(view).Transform(view));
    }

    public override BdiaTransformer? Find(ITransformer pipeline) => Models.SavedModel.In<BdiaTextClassificationTransformer>(pipeline);

    public override IReadOnlyList<string> Classes(MLContext mlContext, BdiaTransformer model)
        => PictureTask.SlotNames(model.Transform(View(mlContext, [], Column(model))));

    public override IEnumerable<Prediction> Predict(MLContext mlContext, BdiaTransformer model, IEnumerable<DataRow> rows)
    {
        var view = model.Transform(View(mlContext, rows, Column(model)));
        var classes = PictureTask.SlotNames(view);
        foreach (var scores in view.GetColumn<float[]>(Score))
            yield return float.IsNaN(scores[0]) ? Prediction.Bad("it has no text") : PictureTask.Best(classes, scores);
    }

    public override Evaluation Evaluate(MLContext mlContext, BdiaTransformer model, IReadOnlyList<DataRow> rows)
        => Evaluation.OfClasses([.. rows.Zip(Predict(mlContext, model, rows))], Classes(mlContext, model));

    protected override IEnumerable<(string Name, string Value)> OwnCodeOptions(RowSets data, TrainOptions options)
        => options.Preset is null ? [] : [("Preset", $"TextEncoderPreset.{Trainer(options).Preset}")];

    private static BdiaTextClassificationTrainer.Options Trainer(TrainOptions options)
    {
        var trainer = options.Recipe is { } recipe ? new BdiaTextClassificationTrainer.Options(recipe) : new();
        trainer.Sentence1ColumnName = Text;
        trainer.Preset = Preset(options, trainer.Preset);
        trainer.Precision = options.Precision;
        return trainer;
    }

    private static string Column(BdiaTransformer model)
    {
        var texts = (BdiaTextClassificationTransformer)model;
        return texts.Sentence2ColumnName is null ? texts.Sentence1ColumnName : throw new ToolException(ExitCode.Model,
            $"This model reads two texts, columns {texts.Sentence1ColumnName} and {texts.Sentence2ColumnName}. Use it in a program.");
    }

    private static IDataView View(MLContext mlContext, IEnumerable<DataRow> rows, string column = Text)
    {
        var schema = SchemaDefinition.Create(typeof(TextRow));
        schema[nameof(TextRow.Text)].ColumnName = column;
        return mlContext.Data.LoadFromEnumerable(rows.Select(row => new TextRow { Text = row.Text, Label = row.Expected }), schema);
    }

    private sealed class TextRow
    {
        public string Text { get; set; } = "";

        public string Label { get; set; } = "";
    }
}
