using System.Reflection;
using System.Security.Cryptography;
using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.TorchSharp;
using TorchSharp;

namespace Bdia.Sibling.Tests;

/// <summary>
/// Microsoft.ML.TorchSharp 0.23.1 can be referenced beside this library, and does not disturb it; its own trainers want TorchSharp 0.102
/// and fail with 0.107, which these tests hold to the two causes. One that fails tells of a repaired version: say so in the README, and
/// test that it works.
/// </summary>
public class SiblingTests
{
    private sealed class Text
    {
        public string Sentence1 { get; set; } = "";

        public string Name { get; set; } = "";
    }

    [Fact]
    public void It_is_the_version_that_these_tests_are_about()
        => Assert.StartsWith("0.23.1",
            Sibling.Library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion, StringComparison.Ordinal);

    // Object detection calls it: MissingMethodException.
    [Fact]
    public void One_member_that_it_calls_is_gone_from_TorchSharp() => Assert.Equal(["interpolate"], Sibling.MissingMembers());

    // Text classification, sentence similarity, question answering and named entities make their networks so: what is missing from their
    // state was disposed.
    [Fact]
    public void Its_first_weights_are_disposed_as_soon_as_they_are_set()
    {
        var weights = torch.ones(3);

        Sibling.Initialise("InitZeros", weights);

        Assert.True(weights.IsInvalid);
    }

    [Fact]
    public void So_its_text_classification_cannot_be_trained()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(1) { TempFilePath = folder.Path };
        Sibling.SaveEncoder(context, classes: 2);
        var rows = context.Data.LoadFromEnumerable(Enumerable.Range(0, 8)
            .Select(i => new Text { Sentence1 = i % 2 == 0 ? "a good one" : "a bad one", Name = i % 2 == 0 ? "good" : "bad" }));
        var pipeline = context.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(context.MulticlassClassification.Trainers.TextClassification(maxEpochs: 1));

        var fault = Assert.ThrowsAny<Exception>(() => pipeline.Fit(rows));

        Assert.Contains("empty handle", fault.GetBaseException().Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Models_of_ours_have_the_same_bits_before_it_was_used_and_after()
    {
        var before = Weights();
        So_its_text_classification_cannot_be_trained();
        torch.random.manual_seed(77); // as its trainers do

        Assert.Equal(before, Weights());
    }

    private static string Weights()
    {
        var context = new MLContext(1);
        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options())
            .Fit(ImageRows.Labelled(context, ImageRows.Of(24)));
        using var stream = new MemoryStream();
        model.Model.SaveWeights(stream);
        return Convert.ToHexString(SHA256.HashData(stream.ToArray()));
    }
}
