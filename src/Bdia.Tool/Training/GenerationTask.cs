using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;

namespace Bdia.Tool.Training;

/// <summary>Texts to be gone on with.</summary>
internal sealed class GenerationTask : TrainingTask
{
    private const int Prompts = 12, PromptWords = 2, Vocabulary = 2000;

    public override string Name => "text-generation";

    public override string Datasets => "Text file (.txt), which is one text, or table with a text in each row (.tsv, .csv, .jsonl, "
        + ".parquet).";

    public override string Unit => "tokens";

    public override string Title => "model that goes on with texts";

    public override RowSets Load(string path, TrainOptions options)
    {
        var set = TextCollection.Open(path, options.TextColumn, options.HasHeader);
        return new()
        {
            Name = set.Name, Kind = set.IsOneText ? "one text" : "texts", LeftOut = set.LeftOut, IsOneText = set.IsOneText,
            Train = [.. set.Texts.Select((text, i) => new DataRow($"{(set.IsOneText ? "line" : "row")} {i + 1:N0}", text, ""))],
        };
    }

    public override Trained Fit(MLContext mlContext, RowSets data, TrainOptions options, RunPlan plan)
    {
        var train = View(mlContext, data.Train.Select(row => row.Text));
        var trainer = Trainer(options);
        trainer.JoinRows = data.IsOneText;
        Common(trainer, options, plan);
        if (data.Validation is { } rows) trainer.ValidationSet = View(mlContext, rows.Select(row => row.Text));
        var model = mlContext.TextGeneration.Trainers.Bdia(trainer).Fit(train);
        return new(model, train.Schema, model, model.Model.Result!);
    }

    public override MemoryEstimate Estimate(MLContext mlContext, RowSets data, TrainOptions options)
        => mlContext.TextGeneration.Trainers.Bdia(Trainer(options)).EstimateMemory();

    public override BdiaTransformer? Find(ITransformer pipeline) => Models.SavedModel.In<BdiaTextGenerationTransformer>(pipeline);

    public override IEnumerable<Prediction> Predict(MLContext mlContext, BdiaTransformer model, IEnumerable<DataRow> rows)
        => TranslationTask.Written(mlContext, model, View(mlContext, rows.Select(row => row.Text),
            ((BdiaTextGenerationTransformer)model).PromptColumnName));

    public override Evaluation Evaluate(MLContext mlContext, BdiaTransformer model, IReadOnlyList<DataRow> rows)
    {
        var figures = mlContext.TextGeneration.Evaluate(model, View(mlContext, rows.Select(row => row.Text)));
        // A few texts are begun and gone on with, for people: their first words are what the model is given.
        DataRow[] prompts = [.. rows.Where(row => row.Text.Split(' ').Length > PromptWords + 1).Take(Prompts).Select(row =>
            row with { Text = string.Join(' ', row.Text.Split(' ').Take(PromptWords)), Expected = row.Text })];
        return Evaluation.OfWriting(figures, [.. prompts.Zip(Predict(mlContext, model, prompts))]);
    }

    protected override IEnumerable<(string Name, string Value)> OwnCodeOptions(RowSets data, TrainOptions options)
    {
        var trainer = Trainer(options);
        if (data.IsOneText) yield return ("JoinRows", "true");
        yield return ("VocabularySize", $"{trainer.VocabularySize}");
        if (options.Preset is not null) yield return ("Preset", $"LanguageModelPreset.{trainer.Preset}");
    }

    private static BdiaTextGenerationTrainer.Options Trainer(TrainOptions options)
    {
        var trainer = options.Recipe is { } recipe ? new BdiaTextGenerationTrainer.Options(recipe) : new();
        trainer.Preset = Preset(options, trainer.Preset);
        trainer.VocabularySize = Vocabulary; // a small one, so that its tokens are seen often enough
        trainer.Precision = options.Precision;
        return trainer;
    }

    private static IDataView View(MLContext mlContext, IEnumerable<string> texts, string column = "Text")
    {
        var schema = Microsoft.ML.Data.SchemaDefinition.Create(typeof(TextRow));
        schema[nameof(TextRow.Text)].ColumnName = column;
        return mlContext.Data.LoadFromEnumerable(texts.Select(text => new TextRow { Text = text }), schema);
    }

    private sealed class TextRow
    {
        public string Text { get; set; } = "";
    }
}
