using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;
using Bdia.MLNet.Tests.ImageClassification;
using Bdia.MLNet.Tests.SequenceToSequence;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.TextClassification;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.ModelFiles;

/// <summary>
/// Files that were made to fit their own hashes: every part has a bound before it is read or built, and every fault names the entry.
/// </summary>
public sealed class HostileFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private ModelFile Pictures() => Saved(ImageClassificationContractTests.Shared.Value);

    private ModelFile Texts() => Saved(SequenceToSequenceContractTests.Shared.Value);

    private ModelFile ClassifiedTexts() => Saved(TextClassificationContractTests.Shared.Value);

    private ModelFile Saved(ITransformer model)
    {
        new MLContext().Model.Save(model, null, folder.File("model.zip"));
        return new ModelFile(folder.File("model.zip"));
    }

    /// <summary>The fault, which must take next to nothing.</summary>
    private static string Fault(ModelFile file)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        var message = file.Fault();
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.True(taken < 100 << 20, $"{taken} bytes were allocated.");
        return message;
    }

    [Fact]
    public void A_description_that_inflates_beyond_its_bound_is_not_read()
    {
        var file = Pictures();
        file.Write(ModelFile.Description,
            [.. Encoding.UTF8.GetBytes("{\"labels\": ["), .. Enumerable.Repeat((byte)' ', 65 << 20), .. "]}"u8]);

        Assert.Contains($"'{ModelFile.Description}' has {(65 << 20) + 14} bytes; at most 67108864 are read",
            Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "]", 100)]
    [InlineData("{\"a\":", "}", 100)]
    public void A_description_that_is_nested_too_deeply_is_not_built(string open, string close, int depth)
    {
        var file = Pictures();
        file.Reseal(Encoding.UTF8.GetBytes(
            "{\"x\":" + string.Concat(Enumerable.Repeat(open, depth)) + "1" + string.Concat(Enumerable.Repeat(close, depth)) + "}"));

        Assert.Contains(ModelFile.Description, Fault(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_description_of_too_many_parts_is_not_built()
    {
        var file = Pictures();
        file.Reseal(Encoding.UTF8.GetBytes("{\"x\":[" + string.Concat(Enumerable.Repeat("1,", 4_000_000)) + "1]}"));

        Assert.Contains("more than 4000000 values", Fault(file), StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_that_inflate_as_no_weights_do_are_not_read()
    {
        var file = Pictures();
        file.ResealWeights(new byte[50 << 20]);

        Assert.Contains($"'{ModelFile.Weights}' inflates from", Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Depth", 300_000)]
    [InlineData("Depth", 9_999)]
    [InlineData("Depth", 0)]
    [InlineData("Width", 1 << 30)]
    [InlineData("Width", int.MaxValue)]
    [InlineData("FeedForwardWidth", int.MaxValue)]
    [InlineData("Heads", 0)]
    [InlineData("PatchSize", -1)]
    [InlineData("ImageHeight", int.MaxValue)]
    [InlineData("Classes", int.MaxValue)]
    [InlineData("Channels", 2)]
    public void A_picture_network_of_another_size_than_its_weights_is_not_built(string option, int value)
    {
        var file = Pictures();
        file.Reseal(json => json["classifier"]!["Model"]![option] = value);

        Assert.Contains($"'{ModelFile.Description}'", Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("EncoderDepth", 300_000)]
    [InlineData("DecoderDepth", 9_999)]
    [InlineData("Width", int.MaxValue)]
    [InlineData("FeedForwardWidth", int.MaxValue)]
    [InlineData("MaxLength", int.MaxValue)]
    [InlineData("SourceVocabulary", int.MaxValue)]
    [InlineData("TargetVocabulary", 4)]
    public void A_text_network_of_another_size_than_its_weights_is_not_built(string option, int value)
    {
        var file = Texts();
        file.Reseal(json => json["translator"]!["Model"]![option] = value);

        Assert.Contains($"'{ModelFile.Description}'", Fault(file), StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<JsonObject>> PictureChanges => new()
    {
        { "no columns", json => json.Remove("columns") },
        { "columns is a list", json => json["columns"] = new JsonArray() },
        { "weights is a number", json => json["weights"] = 7 },
        { "no weights", json => json.Remove("weights") },
        { "the length is text", json => json["weights"]!["bytes"] = "many" },
        { "an empty name", json => json["columns"]!["score"] = "" },
        { "the same name twice", json => json["columns"]!["score"] = json["columns"]!["predictedLabel"]!.DeepClone() },
        { "a label is null", json => json["labels"]!["values"]!.AsArray()[0] = null },
        { "a label is an object", json => json["labels"]!["values"]!.AsArray()[0] = new JsonObject() },
        { "labels are a number", json => json["labels"] = 3 },
        { "labels have a number for values", json => json["labels"]!["values"] = 3 },
        { "labels beyond their type",
            json => json["labels"] = new JsonObject { ["type"] = "Byte", ["values"] = new JsonArray("1", "2", "256") } },
        { "row ids cut short", json => json["labels"] = new JsonObject { ["type"] = "RowId", ["values"] = new JsonArray("1", "2", "3") } },
        { "labels of no type", json => json["labels"]!["type"] = "Colour" },
        { "too many labels", json => json["labels"]!["values"]!.AsArray().Add("more") },
        { "no such policy", json => json["scoring"]!["badImages"] = "Guess" },
        { "a batch of none", json => json["scoring"]!["batchSize"] = 0 },
        { "a batch of too many", json => json["scoring"]!["batchSize"] = int.MaxValue },
        { "an ensemble of one", json => json["scoring"]!["ensemble"] = new JsonObject { ["passes"] = 1, ["gamma"] = 0.5 } },
        { "an ensemble without gamma", json => json["scoring"]!["ensemble"] = new JsonObject { ["passes"] = 4 } },
        { "other classes", json => json["classes"] = 5 },
        { "another height", json => json["images"]!["height"] = 16 },
        { "no means", json => json["classifier"]!["Normalization"]!["Mean"] = null },
        { "too few means", json => json["classifier"]!["Normalization"]!["Mean"] = new JsonArray(0.5) },
        { "a deviation of 0", json => json["classifier"]!["Normalization"]!["StandardDeviation"] = new JsonArray(0, 1, 1) },
        { "a mean that is no number", json => json["classifier"]!["Normalization"]!["Mean"] = new JsonArray("NaN", 1, 1) },
        { "no stack", json => json["classifier"]!["Model"]!["Stack"] = null },
        { "no gamma", json => json["classifier"]!["Model"]!["Stack"]!["Gamma"] = null },
        { "a gamma of no schedule", json => json["classifier"]!["Model"]!["Stack"]!["Gamma"] = "often" },
        { "fraction bits beyond the grid", json => json["classifier"]!["Model"]!["Stack"]!["FractionBits"] = 99 },
        { "no such precision", json => json["classifier"]!["Model"]!["Precision"] = 77 },
        { "no classifier", json => json.Remove("classifier") },
        { "a newer classifier", json => json["classifier"]!["FormatVersion"] = 9 },
    };

    [Theory]
    [MemberData(nameof(PictureChanges))]
    public void A_description_of_pictures_that_makes_no_sense_is_refused_with_the_entry(string what, Action<JsonObject> change)
    {
        var file = Pictures();
        file.Reseal(change);

        Assert.True(Fault(file).Contains($"'{ModelFile.Description}'", StringComparison.Ordinal), what);
    }

    public static TheoryData<string, Action<JsonObject>> TextChanges => new()
    {
        { "no tokenizer", json => json["translator"]!["SourceTokenizer"] = null },
        { "a tokenizer that is none", json => json["translator"]!["SourceTokenizer"] = "AAAA" },
        { "a tokenizer that is no base64", json => json["translator"]!["SourceTokenizer"] = "?" },
        { "decoding with a huge beam", json => json["scoring"]!["decoding"]!["beamSize"] = 1_000_000 },
        { "decoding that is a list", json => json["scoring"]!["decoding"] = new JsonArray() },
        { "decoding with text for a number", json => json["scoring"]!["decoding"]!["beamSize"] = "four" },
        { "the same name twice", json => json["columns"]!["score"] = json["columns"]!["predictedText"]!.DeepClone() },
        { "more tokens than the network reads", json => json["translator"]!["MaxTokens"] = int.MaxValue },
        { "no tokens", json => json["translator"]!["MaxTokens"] = 0 },
        { "no such policy", json => json["scoring"]!["longTexts"] = "Guess" },
        { "no decoding", json => json["translator"]!["Decoding"] = null },
    };

    [Theory]
    [MemberData(nameof(TextChanges))]
    public void A_description_of_texts_that_makes_no_sense_is_refused_with_the_entry(string what, Action<JsonObject> change)
    {
        var file = Texts();
        file.Reseal(change);

        Assert.True(Fault(file).Contains($"'{ModelFile.Description}'", StringComparison.Ordinal), what);
    }

    [Theory]
    [InlineData("Depth", 300_000)]
    [InlineData("Depth", 9_999)]
    [InlineData("Width", int.MaxValue)]
    [InlineData("MaxLength", int.MaxValue)]
    [InlineData("Vocabulary", int.MaxValue)]
    [InlineData("Vocabulary", 4)]
    [InlineData("Classes", int.MaxValue)]
    public void A_network_of_classified_texts_of_another_size_than_its_weights_is_not_built(string option, int value)
    {
        var file = ClassifiedTexts();
        file.Reseal(json => json["classifier"]!["Model"]![option] = value);

        Assert.Contains($"'{ModelFile.Description}'", Fault(file), StringComparison.Ordinal);
    }

    public static TheoryData<string, Action<JsonObject>> ClassifiedTextChanges => new()
    {
        { "no tokenizer", json => json["classifier"]!["Tokenizer"] = null },
        { "a tokenizer that is none", json => json["classifier"]!["Tokenizer"] = "AAAA" },
        { "the same name twice", json => json["columns"]!["score"] = json["columns"]!["predictedLabel"]!.DeepClone() },
        { "too many labels", json => json["labels"]!["values"]!.AsArray().Add("more") },
        { "other classes", json => json["classes"] = 5 },
        { "a second column", json => json["columns"]!["sentence2"] = "Other" },
        { "more tokens than the network reads", json => json["classifier"]!["MaxTokens"] = int.MaxValue },
        { "no such policy", json => json["scoring"]!["longTexts"] = "Guess" },
        { "a batch of none", json => json["scoring"]!["batchSize"] = 0 },
        { "a newer classifier", json => json["classifier"]!["FormatVersion"] = 9 },
        { "no stack", json => json["classifier"]!["Model"]!["Stack"] = null },
    };

    [Theory]
    [MemberData(nameof(ClassifiedTextChanges))]
    public void A_description_of_classified_texts_that_makes_no_sense_is_refused_with_the_entry(string what, Action<JsonObject> change)
    {
        var file = ClassifiedTexts();
        file.Reseal(change);

        Assert.True(Fault(file).Contains($"'{ModelFile.Description}'", StringComparison.Ordinal), what);
    }

    [Theory]
    [InlineData("\"classes\"", "\"classes\": 3, \"classes\"")]
    [InlineData("\"kind\"", "\"kind\": \"ImageClassification\", \"kind\"")]
    [InlineData("\"Width\"", "\"Width\": 16, \"Width\"")]
    [InlineData("\"red\"", "\"\\ud800\"")]
    public void Names_that_stand_twice_and_escapes_that_are_no_text_are_refused_with_the_entry(string text, string by)
    {
        var file = Pictures();
        file.Replace(text, by);

        Assert.Contains($"'{ModelFile.Description}'", Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void Weights_that_are_no_numbers_are_refused_with_the_entry(float value)
    {
        var file = Pictures();
        var weights = file.Read(ModelFile.Weights);
        BinaryPrimitives.WriteSingleLittleEndian(weights.AsSpan(weights.Length - 40), value);
        file.ResealWeights(weights);

        var message = Fault(file);

        Assert.Contains($"'{ModelFile.Weights}'", message, StringComparison.Ordinal);
        Assert.Contains("NaN or infinite", message, StringComparison.Ordinal);
    }

    [Fact]
    public void Weights_of_other_names_are_refused_with_the_entry()
    {
        var file = Pictures();
        var weights = file.Read(ModelFile.Weights);
        weights["{\"".Length + sizeof(long)] ^= 1; // the first tensor's name
        file.ResealWeights(weights);

        Assert.Contains($"'{ModelFile.Weights}'", Fault(file), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(long.MaxValue)]
    [InlineData(17 << 20)]
    public void A_header_of_weights_beyond_its_bound_is_not_read(long length)
    {
        var file = Pictures();
        var weights = file.Read(ModelFile.Weights);
        BinaryPrimitives.WriteInt64LittleEndian(weights, length);
        file.ResealWeights(weights);

        Assert.Contains($"'{ModelFile.Weights}'", Fault(file), StringComparison.Ordinal);
    }

    [Fact]
    public void A_seal_that_does_not_fit_is_refused_with_the_entry()
    {
        var file = Pictures();
        var key = file.Read(ModelFile.Key);
        file.Seal(key)[5] ^= 1;
        file.Write(ModelFile.Key, key);

        Assert.Contains($"'{ModelFile.Description}'", Fault(file), StringComparison.Ordinal);
    }
}
