using System.IO.Compression;
using System.Text.Json.Nodes;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.TextGeneration;

/// <summary>The trainer inside ML.NET: evaluation, folds, files, prediction engines, rules.</summary>
public sealed class GenerationPipelineTests : IDisposable
{
    private const string TextsFile = "texts.txt";

    private readonly MLContext context = new(1);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private sealed class Written
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }

        public bool Finished { get; set; }
    }

    private static string Continue(MLContext context, ITransformer model)
        => string.Join('\n', ScoredRows.Of(model.Transform(Countings.View(context, 20, first: 3)), "PredictedText", "Score").Rows
            .Select(row => $"{row[0]}|{row[1]:R}"));

    [Fact]
    public void A_chain_learns_goes_on_and_Evaluate_judges_it()
    {
        var options = Countings.Options(epochs: 25);
        options.ValidationFraction = 0;
        var data = Countings.View(context, 40);
        using var model = context.Transforms.CopyColumns("Again", "Text").Append(context.TextGeneration.Trainers.Bdia(options)).Fit(data);

        var metrics = context.TextGeneration.Evaluate(model, Countings.View(context, "1 2 3 4 5", "", "2 3 4 5"));
        var noise = context.TextGeneration.Evaluate(model, Countings.View(context, "5 1 4 1 3"));

        Assert.Equal((2L, 16L), (metrics.RowCount, metrics.ByteCount));
        Assert.Equal(Math.Exp(metrics.Loss), metrics.Perplexity, 1e-9 * metrics.Perplexity);
        Assert.Equal(metrics.Loss * metrics.TokenCount / Math.Log(2) / metrics.ByteCount, metrics.BitsPerByte, 9);
        Assert.True(metrics.BitsPerByte < noise.BitsPerByte / 2, $"{metrics.BitsPerByte} {noise.BitsPerByte}");
        Assert.InRange(metrics.Accuracy, 0.5, 1);
        using var engine = context.Model.CreatePredictionEngine<Counting, Written>(model,
            new PredictionEngineOptions { OwnsTransformer = false });
        Assert.StartsWith(" 3 4", engine.Predict(new Counting { Prompt = "1 2" }).PredictedText, StringComparison.Ordinal);
        Assert.True(engine.Predict(new Counting { Prompt = "" }).PredictedText.Length > 0);
    }

    [Fact]
    public void Folds_are_judged_by_their_own_texts_and_one_without_is_left_out()
    {
        var results = context.TextGeneration.CrossValidate(Countings.View(context, 24), context.TextGeneration.Trainers
            .Bdia(Countings.Options()), numberOfFolds: 2);
        try
        {
            Assert.Equal(24, results.Sum(result => result.Metrics.RowCount));
            Assert.All(results, result => Assert.InRange(result.Metrics.Perplexity, 1, 300));
        }
        finally
        {
            foreach (var result in results) (result.Model as IDisposable)?.Dispose();
        }

        Assert.Contains("none of them a text", Assert.Throws<InvalidDataException>(() => context.TextGeneration.CrossValidate(
            Countings.View(context, "", " ", "", ""), context.TextGeneration.Trainers.Bdia(Countings.Options()), 2)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_evaluated_is_told()
    {
        var model = TextGenerationContractTests.Shared.Value;
        Assert.StartsWith("Could not find text column 'Other'", Assert.Throws<ArgumentOutOfRangeException>(
            () => context.TextGeneration.Evaluate(model, Countings.View(context, 1), "Other")).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => context.TextGeneration.Evaluate(model, Countings.View(context, "", null)));
        Assert.Throws<InvalidOperationException>(() => context.TextGeneration.Evaluate(
            context.Transforms.CopyColumns("A", "Text").Fit(Countings.View(context, 1)), Countings.View(context, 1)));
    }

    [Fact]
    public void Another_process_goes_on_with_the_same_texts_and_scores()
    {
        var data = Countings.View(context, 24);
        var options = Countings.Options();
        options.TokenLogProbabilitiesColumnName = "Tokens";
        options.Decoding = options.Decoding with { NoRepeatNgram = 2, UnwantedTexts = ["7"], StopTexts = ["9"] };
        using var model = context.Transforms.CopyColumns("Text", "Text").Append(context.TextGeneration.Trainers.Bdia(options)).Fit(data);
        context.Model.Save(model, data.Schema, folder.File("model.zip"));

        ChildProcess.Run<GenerationPipelineTests>(folder.Path, nameof(Child));

        Assert.Equal(Continue(context, model), File.ReadAllText(folder.File(TextsFile)));
    }

    /// <summary>The other process: run by the test above alone.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        var bare = new MLContext();

        var model = bare.Model.Load(Path.Combine(ChildProcess.Folder, "model.zip"), out _);

        Assert.Equal(["7"], model.Part<BdiaTextGenerationTransformer>().Decoding.UnwantedTexts);
        File.WriteAllText(Path.Combine(ChildProcess.Folder, TextsFile), Continue(bare, model));
    }

    [Fact]
    public void In_the_file_the_weights_have_GPT_2s_names_and_settings_are_JSON()
    {
        context.Model.Save(TextGenerationContractTests.Shared.Value, null, folder.File("model.zip"));
        var file = new ModelFile(folder.File("model.zip"));
        using var weights = SafeTensors.Read(new MemoryStream(file.Read(ModelFile.Weights)));
        var json = JsonNode.Parse(file.Read(ModelFile.Description))!;

        Assert.Contains("h.1.attn.c_attn.weight", weights.Tensors.Keys);
        Assert.Equal([16, 48], weights.Tensors["h.1.attn.c_attn.weight"].shape);
        Assert.Equal("TextGeneration", (string)json["kind"]!);
        Assert.Equal(2, (int)json["generator"]!["Model"]!["Depth"]!);
        using var network = Gpt2Weights.Read(TextGenerationContractTests.Shared.Value.Model.Model.Options,
            new MemoryStream(file.Read(ModelFile.Weights)));
        Assert.Equal(24, network.Options.MaxLength);
    }

    [Fact]
    public void Files_that_were_altered_are_refused()
    {
        foreach (var change in new Action<JsonObject>[]
        {
            json => json["generator"]!["Model"]!["Depth"] = 3, json => json["generator"]!["Model"]!["Width"] = 1 << 30,
            json => json["columns"]!["score"] = "Finished", json => json["scoring"]!["decoding"]!["beamSize"] = 0,
            json => json["generator"]!["FormatVersion"] = 2, json => json["kind"] = "SequenceToSequence",
            json => json["columns"]!["finished"] = null,
        })
        {
            context.Model.Save(TextGenerationContractTests.Shared.Value, null, folder.File("model.zip"));
            new ModelFile(folder.File("model.zip")).Reseal(change);
            var fault = Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(folder.File("model.zip"), out _)).GetBaseException();
            Assert.IsType<InvalidDataException>(fault);
        }
    }

    [Fact]
    public void Prompts_that_are_too_long_are_gone_on_with_from_their_end_and_told()
    {
        context.Model.Save(TextGenerationContractTests.Shared.Value, null, folder.File("model.zip"));
        var log = new LogLines(context);
        var model = context.Model.Load(folder.File("model.zip"), out _);
        var prompt = string.Join(' ', Enumerable.Range(0, 9)) + " 0 1 2 3";
        var data = Countings.View(context, prompt, "0 1");

        Assert.Equal(2, ScoredRows.Of(model.Transform(data), "PredictedText").Rows.Count);

        Assert.Contains(log.Of(ChannelMessageKind.Warning), line => line.StartsWith("Row 0: the text has ", StringComparison.Ordinal)
            && line.EndsWith("The row is gone on with from its last tokens.", StringComparison.Ordinal));
    }
}
