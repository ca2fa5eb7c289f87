using System.Reflection;

namespace Bdia.Samples.Tests;

/// <summary>Samples as they are started, on a few rows: what they write is there, and the report tells of the run.</summary>
public sealed class WholeRunTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("ImageClassification", "Confusion matrix", "data:image/jpeg;base64,", "--no-baseline", "--train-rows", "60")]
    [InlineData("TextClassification", "Confusion matrix", "<blockquote>", "--no-baseline", "--train-rows", "60")]
    [InlineData("Translation", "The worst, by chrF", "Coverage of the vocabulary", "--train-rows", "60", "--beam", "1",
        "--bleu-every", "0")]
    [InlineData("TextGeneration", "Beginnings of test texts", "Perplexity", "--train-rows", "60")]
    public void A_sample_writes_its_model_its_figures_and_a_report(string sample, string says, string saysToo, params string[] arguments)
    {
        var main = Assembly.Load(sample).EntryPoint!;
        string[] all = [.. arguments, "--test-rows", "20", "--epochs", "1", "--output", folder.At("out")];

        Assert.Equal(0, main.Invoke(null, [all]));

        foreach (var file in new[] { "model.zip", "result.json", "learning-curve.png" })
            Assert.True(File.Exists(Path.Combine(folder.At("out"), file)), file);
        var page = File.ReadAllText(Path.Combine(folder.At("out"), "report.html"));
        Assert.Contains(says, page, StringComparison.Ordinal);
        Assert.Contains(saysToo, page, StringComparison.Ordinal);
        Assert.Contains("Learning curves", page, StringComparison.Ordinal);
        Assert.Contains($"samples/{sample}", page, StringComparison.Ordinal);
    }
}
