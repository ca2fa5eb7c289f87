using System.Text.Json;
using Bdia.Data.Texts;
using Bdia.Samples.Translation.Data;
using Bdia.Samples.Translation.Phrases;

namespace Bdia.Samples.Tests.Translation;

/// <summary>Runs the whole sample, with as little to learn as there can be. Alone, since it takes over the console.</summary>
[Collection(nameof(TranslationSampleTests))]
[CollectionDefinition(nameof(TranslationSampleTests), DisableParallelization = true)]
public sealed class TranslationSampleTests : IDisposable
{
    private static readonly string[] Tiny =
        ["--width", "16", "--heads", "2", "--feed-forward", "16", "--encoder-depth", "1", "--decoder-depth",
            "1", "--epochs", "1", "--train-rows", "80", "--test-rows", "5", "--threads", "1"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_writes_its_files_and_its_model_translates_in_another()
    {
        var trained = Run([.. Tiny, "--output", folder.Path]);

        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.True(File.Exists(folder.At("learning-curve.png")));
        var figures = JsonDocument.Parse(File.ReadAllText(folder.At("result.json"))).RootElement;
        foreach (var name in new[] { "bleu", "chrF", "exactMatch", "perplexity", "secondsTraining",
            "peakResidentBytes", "sourceTokensPerSecond" })
            Assert.True(figures.GetProperty(name).GetDouble() >= 0, name);
        Assert.True(figures.GetProperty("reloadedTranslationsIdentical").GetBoolean());
        Assert.Equal(1, figures.GetProperty("training").GetProperty("history").GetArrayLength());

        var model = folder.At("model.zip");
        var texts = Run("--model", model, "--translate", "the first of May, nineteen hundred", "--translate", "", "--beam", "2");
        Assert.Equal((0, 2), (texts.Code, texts.Output.Count(character => character == '\n'))); // nothing but a line for each text
        Assert.Contains("empty", texts.Error);

        var evaluated = Run("--model", model, "--test-rows", "5", "--output", folder.At("again"));
        Assert.Equal(0, evaluated.Code);
        // A model of one epoch may not know when to end, which is said; nothing else is.
        var said = evaluated.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.All(said, line => Assert.Matches("has not ended it|cut off", line));
        Assert.Equal(figures.GetProperty("bleu").GetDouble(),
            JsonDocument.Parse(File.ReadAllText(folder.At("again/result.json"))).RootElement.GetProperty("bleu").GetDouble());
    }

    [Fact]
    public void What_is_no_model_is_said_to_be_none()
    {
        Assert.Contains("There is no model nothing.zip", Run("--model", "nothing.zip", "--translate", "one").Error);
        Assert.Contains("cannot be loaded as a model",
            Run("--model", folder.Write("model.zip", "no model"u8.ToArray()), "--translate", "one").Error);
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
            return ((int)typeof(PhraseBook).Assembly.EntryPoint!.Invoke(null, [args])!, said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
