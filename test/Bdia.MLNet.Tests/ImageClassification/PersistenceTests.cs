using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using System.Text.Json.Nodes;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>What a model looks like inside ML.NET's zip, and what happens to one that is not as it was written.</summary>
public sealed class PersistenceTests : IDisposable
{
    private const string Weights = "Model.safetensors";
    private const string Description = "Model.json";

    private readonly MLContext context = new(1);
    private readonly TemporaryFolder folder = new();

    private string Path => folder.File("model.zip");

    public void Dispose() => folder.Dispose();

    public PersistenceTests() => context.Model.Save(ImageClassificationContractTests.Shared.Value, null, Path);

    private static ZipArchiveEntry Entry(ZipArchive zip, string name) => Assert.Single(zip.Entries, entry => entry.Name == name);

    private byte[] Read(string name)
    {
        using var zip = ZipFile.OpenRead(Path);
        using var stream = Entry(zip, name).Open();
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }

    private void Replace(string name, byte[]? content)
    {
        using var zip = ZipFile.Open(Path, ZipArchiveMode.Update);
        var entry = Entry(zip, name);
        var path = entry.FullName;
        entry.Delete();
        if (content is null)
            return;
        using var stream = zip.CreateEntry(path).Open();
        stream.Write(content);
    }

    private string LoadFault() => Assert.IsType<InvalidDataException>(
        Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(Path, out _)).GetBaseException()).Message;

    [Fact]
    public void The_weights_are_a_plain_safetensors_file_under_the_standard_names()
    {
        var file = Read(Weights);

        var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        var header = JsonNode.Parse(Encoding.UTF8.GetString(file, 8, length))!.AsObject();
        Assert.Equal(["blocks.0.attn.qkv.weight", "cls_token", "patch_embed.proj.weight"],
            header.Select(tensor => tensor.Key)
                .Where(name => name is "cls_token" or "patch_embed.proj.weight" or "blocks.0.attn.qkv.weight")
                .Order(StringComparer.Ordinal));
        Assert.Equal([48, 16], header["blocks.0.attn.qkv.weight"]!["shape"]!.AsArray().Select(size => (int)size!));
        Assert.Equal(file.Length - 8 - length, header.Max(tensor => (long)tensor.Value!["data_offsets"]![1]!));
    }

    [Fact]
    public void All_else_is_JSON_that_people_can_read()
    {
        var json = JsonNode.Parse(Read(Description))!;

        Assert.Equal("ImageClassification", (string)json["kind"]!);
        Assert.Equal(1, (int)json["formatVersion"]!);
        Assert.StartsWith("Bdia.MLNet ", (string)json["writtenBy"]!, StringComparison.Ordinal);
        Assert.Equal(["red", "green", "blue"], json["labels"]!["values"]!.AsArray().Select(value => (string)value!));
        Assert.Equal(16, (int)json["classifier"]!["Model"]!["Width"]!);
        Assert.Equal(3, json["classifier"]!["Normalization"]!["Mean"]!.AsArray().Count);
    }

    [Fact]
    public void An_ensemble_is_saved_with_the_model()
    {
        var data = ImageRows.Labelled(context, ImageRows.Of(6));
        using var model = (BdiaImageClassificationTransformer)context.Model.Load(Path, out _);
        Assert.Null(model.Ensemble);
        var standard = ScoredRows.Of(model.Transform(data), "Score");
        model.Ensemble = new() { Passes = 4, Gamma = 0.25 };
        context.Model.Save(model, null, Path);
        using var loaded = (BdiaImageClassificationTransformer)new MLContext().Model.Load(Path, out _);
        Assert.Equal(model.Ensemble, loaded.Ensemble);
        var together = ScoredRows.Of(model.Transform(data), "Score");
        together.AssertEqual(ScoredRows.Of(loaded.Transform(data), "Score"));
        loaded.Ensemble = null;
        standard.AssertEqual(ScoredRows.Of(loaded.Transform(data), "Score"));
        Assert.NotEqual(Scores(standard), Scores(together));

        static IEnumerable<float> Scores(ScoredRows rows) => rows.Rows.SelectMany(row => (float[])row[0]);
    }

    [Fact]
    public void The_same_model_is_saved_to_the_same_bytes()
    {
        var (weights, description) = (Read(Weights), Read(Description));
        using var loaded = (IDisposable)new MLContext().Model.Load(Path, out _);

        context.Model.Save((ITransformer)loaded, null, Path);

        Assert.Equal(weights, Read(Weights));
        Assert.Equal(description, Read(Description));
    }

    [Theory]
    [InlineData(Weights)]
    [InlineData(Description)]
    public void A_missing_entry_is_named(string entry)
    {
        Replace(entry, null);

        Assert.Contains($"no entry '{entry}'", LoadFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Weights, 1)]
    [InlineData(Weights, 1000)]
    [InlineData(Description, 1)]
    [InlineData(Description, 100)]
    public void An_entry_that_is_cut_short_is_named(string entry, int bytes)
    {
        Replace(entry, Read(entry)[..^bytes]);

        Assert.Contains(entry, LoadFault(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(Weights, 7)]
    [InlineData(Weights, 5000)]
    [InlineData(Description, 300)]
    public void A_changed_bit_is_found(string entry, int position)
    {
        var content = Read(entry);
        content[position] ^= 1;
        Replace(entry, content);

        Assert.Contains(entry, LoadFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_changed_option_is_found()
    {
        Replace(Description, Encoding.UTF8.GetBytes(
            Encoding.UTF8.GetString(Read(Description))
            .Replace("\"badImages\": \"Throw\"", "\"badImages\": \"Skip\"", StringComparison.Ordinal)));

        Assert.Contains("was altered after the model was saved", LoadFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_newer_format_version_is_told_with_both_versions()
    {
        Replace(Description, Encoding.UTF8.GetBytes(Encoding.UTF8.GetString(Read(Description)).Replace("\"formatVersion\": "
            + "1", "\"formatVersion\": 7", StringComparison.Ordinal)));

        var message = LoadFault();

        Assert.Contains("format version 7", message, StringComparison.Ordinal);
        Assert.Contains("up to 1", message, StringComparison.Ordinal);
        Assert.Contains("Update the package Bdia.MLNet", message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[1, 2]")]
    [InlineData("{}")]
    [InlineData("""{"formatVersion": 1, "kind": "Sound"}""")]
    [InlineData("no json")]
    public void A_foreign_description_is_told(string json)
    {
        Replace(Description, Encoding.UTF8.GetBytes(json));

        Assert.Contains(json.Contains("Sound", StringComparison.Ordinal) ? "Sound" : Description, LoadFault(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_transformer_is_not_taken_for_ours()
    {
        var data = ImageRows.Labelled(context, ImageRows.Of(6));
        context.Model.Save(context.Transforms.CopyColumns("A", "Features").Fit(data), data.Schema, Path);

        Assert.IsNotType<BdiaImageClassificationTransformer>(new MLContext().Model.Load(Path, out _));
    }

    [Fact]
    public void A_truncated_zip_is_refused()
    {
        var zip = File.ReadAllBytes(Path);
        File.WriteAllBytes(Path, zip[..(zip.Length / 2)]);

        Assert.ThrowsAny<Exception>(() => new MLContext().Model.Load(Path, out _));
    }

    [Fact]
    public void Policy_and_batch_size_travel_with_the_model()
    {
        var model = (BdiaImageClassificationTransformer)new MLContext().Model.Load(Path, out _);
        (model.BadImages, model.ScoringBatchSize) = (BadImagePolicy.Skip, 9);
        context.Model.Save(model, null, Path);
        model.Dispose();

        using var loaded = (BdiaImageClassificationTransformer)new MLContext().Model.Load(Path, out _);

        Assert.Equal((BadImagePolicy.Skip, 9), (loaded.BadImages, loaded.ScoringBatchSize));
        Assert.Equal("Features", loaded.FeatureColumnName);
        Assert.Equal("Vector<Single, 3, 8, 8>", loaded.FeatureColumnType.ToString());
    }
}
