using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Tool.Training;

/// <summary>Texts and what they are to become.</summary>
internal sealed class TranslationTask : TrainingTask
{
    private const int FewRows = 10_000, SmallVocabulary = 4000;

    public override string Name => "translation";

    public override string Datasets => "Folder of line-aligned files (train.en beside train.fr), table with two columns of texts (.tsv, "
        + ".csv, "
        + ".jsonl, .parquet), or .zip with a tab-separated file.";

    public override string Unit => "tokens";

    public override string Title => "translator";

    public override RowSets Load(string path, TrainOptions options)
    {
        var (source, target) = (options.Source, options.Target);
        if (source is null || target is null)
            throw new ToolException(ExitCode.CommandLine, "--source and --target are needed: columns of the table, or endings of the files "
                + "(--source en --target fr for train.en and train.fr).");
        var set = ParallelTextSet.Open(path, source, target, options.HasHeader);
        return new()
        {
            Name = set.Name, Kind = "texts and translations", LeftOut = set.LeftOut, Train = Rows(set.Train),
            Validation = set.Validation is { } validation ? Rows(validation) : null, Test = set.Test is { } test ? Rows(test) : null,
        };

        static DataRow[] Rows(IReadOnlyList<TextPair> pairs)
            => [.. pairs.Select((pair, i) => new DataRow($"row {i + 1:N0}", pair.Source, pair.Target))];
    }

    public override Trained Fit(MLContext mlContext, RowSets data, TrainOptions options, RunPlan plan)
    {
        var train = View(mlContext, data.Train);
        var trainer = Trainer(options, data.Train.Count);
        Common(trainer, options, plan);
        if (plan.IsTrial) trainer.TokensPerBatch = null;
        if (data.Validation is { } rows) trainer.ValidationSet = View(mlContext, rows);
        var model = mlContext.SequenceToSequence.Trainers.Bdia(trainer).Fit(train);
        return new(model, train.Schema, model, model.Model.Result!);
    }

    public override MemoryEstimate Estimate(MLContext mlContext, RowSets data, TrainOptions options)
        => mlContext.SequenceToSequence.Trainers.Bdia(Trainer(options, data.Train.Count)).EstimateMemory();

    public override BdiaTransformer? Find(ITransformer pipeline) => Models.SavedModel.In<BdiaSequenceToSequenceTransformer>(pipeline);

    public override IEnumerable<Prediction> Predict(MLContext mlContext, BdiaTransformer model, IEnumerable<DataRow> rows)
        => Written(mlContext, model, View(mlContext, rows, ((BdiaSequenceToSequenceTransformer)model).SourceColumnName));

    /// <summary>What a model that writes has written for the rows of a view.</summary>
    public static IEnumerable<Prediction> Written(MLContext mlContext, BdiaTransformer model, IDataView rows)
    {
        var view = model.Transform(rows);
        foreach (var row in mlContext.Data.CreateEnumerable<Output>(view, reuseRowObject: true))
            yield return row.PredictedText.Length == 0 && row.Score == 0 ? Prediction.Bad("it has no text")
                : new(row.PredictedText, row.Score);
    }

    public override Evaluation Evaluate(MLContext mlContext, BdiaTransformer model, IReadOnlyList<DataRow> rows)
        => Evaluation.OfTranslations([.. rows.Zip(Predict(mlContext, model, rows))]);

    protected override IEnumerable<(string Name, string Value)> OwnCodeOptions(RowSets data, TrainOptions options)
    {
        var trainer = Trainer(options, data.Train.Count);
        if (options.Preset is not null) yield return ("Preset", $"EncoderDecoderPreset.{trainer.Preset}");
        if (data.Train.Count < FewRows) yield return ("VocabularySize", $"{trainer.VocabularySize}");
    }

    private static BdiaSequenceToSequenceTrainer.Options Trainer(TrainOptions options, int rows)
    {
        var trainer = options.Recipe is { } recipe ? new BdiaSequenceToSequenceTrainer.Options(recipe) : new();
        trainer.Preset = Preset(options, trainer.Preset);
        if (rows < FewRows) trainer.VocabularySize = SmallVocabulary; // so that its tokens are seen often enough
        trainer.Precision = options.Precision;
        return trainer;
    }

    private static IDataView View(MLContext mlContext, IEnumerable<DataRow> rows, string column = "Source")
    {
        var schema = SchemaDefinition.Create(typeof(PairRow));
        schema[nameof(PairRow.Source)].ColumnName = column;
        return mlContext.Data.LoadFromEnumerable(rows.Select(row => new PairRow { Source = row.Text, Target = row.Expected }), schema);
    }

    private sealed class PairRow
    {
        public string Source { get; set; } = "";

        public string Target { get; set; } = "";
    }

    private sealed class Output
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }
    }
}
