using System.Text;
using System.Text.Json;
using Bdia.Samples.Tests.Translation;
using Bdia.Samples.TextGeneration.Stories;

namespace Bdia.Samples.Tests.TextGeneration;

/// <summary>Runs the whole sample, with as little to learn as there can be. Alone, since it takes over the console.</summary>
[Collection(nameof(TranslationSampleTests))]
public sealed class TextGenerationSampleTests : IDisposable
{
    private static readonly string[] Tiny = ["--width", "16", "--heads", "2", "--depth", "1", "--epochs", "1", "--threads", "1"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_on_its_own_stories_writes_its_files()
    {
        var run = Run([.. Tiny, "--train-rows", "80", "--test-rows", "5", "--output", folder.Path]);

        Assert.Equal(0, run.Code);
        Assert.True(File.Exists(folder.At("learning-curve.png")));
        Assert.True(File.Exists(folder.At("model.zip")));
        var figures = JsonDocument.Parse(File.ReadAllText(folder.At("result.json"))).RootElement;
        foreach (var name in new[] { "bitsPerByte", "leastBitsPerByte", "perplexity", "rightEnds", "secondsTraining", "peakResidentBytes",
            "tokensPerSecond" })
            Assert.True(figures.GetProperty(name).GetDouble() >= 0, name);
        Assert.True(figures.GetProperty("bitsPerByte").GetDouble() > figures.GetProperty("leastBitsPerByte").GetDouble());
        Assert.True(figures.GetProperty("reloadedTextsIdentical").GetBoolean());
    }

    [Theory]
    [InlineData("book.txt", new string[0])]
    [InlineData("book.txt", new[] { "--rows" })]
    [InlineData("book.tsv", new[] { "--prompt", "line 1", "--temperature", "0.8" })]
    public void A_text_of_your_own_is_read(string file, string[] more)
    {
        var text = string.Join('\n', Enumerable.Range(0, 60).Select(i => $"line {i} of a book\tand more"));
        var run = Run([.. Tiny, "--data", folder.Write(file, Encoding.UTF8.GetBytes(text)), "--length", "4", "--output",
            folder.At("out"), .. more]);

        Assert.True(run.Code == 0, run.Error);
        var figures = JsonDocument.Parse(File.ReadAllText(folder.At("out/result.json"))).RootElement;
        Assert.Equal(file, figures.GetProperty("data").GetString());
        Assert.True(figures.GetProperty("examples").GetArrayLength() > 0);
    }

    [Fact]
    public void What_cannot_be_read_is_said()
    {
        Assert.Contains("There is no file nothing.txt", Run("--data", "nothing.txt", "--output", folder.Path).Error);
        Assert.Contains("1 line(s) of text", Run("--data", folder.Write("one.txt", "one"u8.ToArray()), "--output", folder.Path).Error);
        Assert.Contains("is no UTF-8", Run("--data", folder.Write("bad.txt", [0x61, 0xFF, 0x0A]), "--output", folder.Path).Error);
        Assert.Contains("--top-p is 2", Run("--top-p", "2").Error);
    }

    private static (int Code, string Output, string Error) Run(params string[] args)
    {
        var (output, error) = (Console.Out, Console.Error);
        // Not disposed: Spectre.Console keeps the first writer that it finds.
        var (said, complained) = (new StringWriter(), new StringWriter());
        Console.SetOut(said);
        Console.SetError(complained);
        try
        {
            return ((int)typeof(StoryBook).Assembly.EntryPoint!.Invoke(null, [args])!, said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
