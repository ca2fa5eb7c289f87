using System.IO.Compression;
using System.Text.Json.Nodes;
using Bdia.Core.Text;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.SequenceToSequence;

/// <summary>What a translator looks like inside ML.NET's zip, and that it leaves the process. The envelope is tested with images.</summary>
public sealed class PersistenceTests : IDisposable
{
    private const string ModelFile = "model.zip";
    private const string TextsFile = "texts.txt";

    private readonly MLContext context = new(1);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Path => folder.File(ModelFile);

    private static string Translate(MLContext context, ITransformer model)
        => string.Join('\n', ScoredRows.Of(model.Transform(Sentences.View(context, 50, seed: 5)), "PredictedText",
            "Score").Rows.Select(row => $"{row[0]}|{row[1]:R}"));

    [Fact]
    public void Another_process_writes_the_same_texts_with_the_same_scores()
    {
        var data = Sentences.View(context, 24);
        using var model = context.Transforms.CopyColumns("Source", "Source")
            .Append(context.SequenceToSequence.Trainers.Bdia(Sentences.Options())).Fit(data);
        context.Model.Save(model, data.Schema, Path);

        ChildProcess.Run<PersistenceTests>(folder.Path, nameof(Child));

        Assert.Equal(Translate(context, model), File.ReadAllText(folder.File(TextsFile)));
    }

    /// <summary>The other process: run by the test above alone.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        var bare = new MLContext();

        var model = bare.Model.Load(System.IO.Path.Combine(ChildProcess.Folder, ModelFile), out _);

        File.WriteAllText(System.IO.Path.Combine(ChildProcess.Folder, TextsFile), Translate(bare, model));
    }

    private JsonNode Description()
    {
        using var zip = ZipFile.OpenRead(Path);
        using var stream = Assert.Single(zip.Entries, entry => entry.Name == "Model.json").Open();
        return JsonNode.Parse(stream)!;
    }

    [Fact]
    public void Columns_and_settings_are_JSON_that_people_can_read()
    {
        context.Model.Save(SequenceToSequenceContractTests.Shared.Value, null, Path);

        var json = Description();

        Assert.Equal("SequenceToSequence", (string)json["kind"]!);
        Assert.Equal("Source", (string)json["columns"]!["source"]!);
        Assert.Equal("Truncate", (string)json["scoring"]!["longTexts"]!);
        Assert.Equal(2, (int)json["scoring"]!["decoding"]!["beamSize"]!);
        Assert.Equal(16, (int)json["translator"]!["Model"]!["Width"]!);
    }

    [Fact]
    public void What_an_output_must_and_must_not_have_travels_with_the_model_and_holds_for_its_texts()
    {
        var options = Sentences.Options();
        options.TokenLogProbabilitiesColumnName = "Tokens";
        options.Decoding = options.Decoding with
        {
            Prefix = "7 ", UnwantedTexts = ["1", "2", "3"], StopTexts = ["9"], NoRepeatNgram = 2, MinLength = 2, RepetitionPenalty = 1.2,
        };
        var data = Sentences.View(context, 24);
        using var model = context.SequenceToSequence.Trainers.Bdia(options).Fit(data);
        context.Model.Save(model, data.Schema, Path);

        using var loaded = (BdiaSequenceToSequenceTransformer)new MLContext().Model.Load(Path, out _);

        Assert.Equal(options.Decoding, loaded.Decoding);
        var rows = ScoredRows.Of(loaded.Transform(data), "PredictedText", "Tokens", "Score").Rows;
        Assert.Equal(ScoredRows.Of(model.Transform(data), "PredictedText", "Tokens", "Score").Rows.SelectMany(row => row),
            rows.SelectMany(row => row));
        Assert.All(rows, row =>
        {
            Assert.StartsWith("7", (string)row[0], StringComparison.Ordinal);
            Assert.Equal(-1, ((string)row[0]).IndexOfAny(['1', '2', '3', '9']));
            var tokens = (float[])row[1];
            Assert.Equal((float)row[2], tokens.Sum() / Math.Pow((5 + tokens.Length) / 6.0, options.Decoding.LengthPenalty), 4);
        });
    }

    [Fact]
    public void A_model_that_was_saved_with_a_temperature_that_nothing_heeded_loads()
    {
        context.Model.Save(SequenceToSequenceContractTests.Shared.Value, null, Path);
        new ModelFile(Path).Reseal(json => json["scoring"]!["decoding"]!["temperature"] = 0.5);

        using var loaded = (BdiaSequenceToSequenceTransformer)new MLContext().Model.Load(Path, out _);

        Assert.Equal(1, loaded.Decoding.Temperature);
    }

    [Fact]
    public void Settings_travel_with_the_model()
    {
        context.Model.Save(SequenceToSequenceContractTests.Shared.Value, null, Path);
        using (var model = (BdiaSequenceToSequenceTransformer)context.Model.Load(Path, out _))
        {
            (model.LongTexts, model.ScoringBatchSize, model.Decoding) =
                (LongTextPolicy.Throw, 9, new() { BeamSize = 5, BestCount = 2, Seed = 3 });
            context.Model.Save(model, null, Path);
        }

        using var loaded = (BdiaSequenceToSequenceTransformer)new MLContext().Model.Load(Path, out _);

        Assert.Equal((LongTextPolicy.Throw, 9), (loaded.LongTexts, loaded.ScoringBatchSize));
        Assert.Equal(new() { BeamSize = 5, BestCount = 2, Seed = 3 }, loaded.Decoding);
        Assert.Equal("Vector<String, 2>", loaded.GetOutputSchema(Sentences.View(context, 1).Schema)["PredictedTexts"].Type.ToString());
    }

    [Fact]
    public void The_same_model_is_saved_to_the_same_description()
    {
        context.Model.Save(SequenceToSequenceContractTests.Shared.Value, null, Path);
        var description = Description().ToJsonString();
        using var loaded = (IDisposable)new MLContext().Model.Load(Path, out _);

        context.Model.Save((ITransformer)loaded, null, Path);

        Assert.Equal(description, Description().ToJsonString());
    }
}
