using System.Text.Json;
using Bdia.Data.Texts;
using Bdia.Samples.TextClassification.Data;
using Bdia.Samples.TextClassification.Matches;

namespace Bdia.Samples.Tests.TextClassification;

/// <summary>Runs the whole sample, with as little to learn as there can be. Alone, since it takes over the console.</summary>
[Collection(nameof(TextClassificationSampleTests))]
[CollectionDefinition(nameof(TextClassificationSampleTests), DisableParallelization = true)]
public sealed class TextClassificationSampleTests : IDisposable
{
    private static readonly string[] Tiny =
        ["--width", "16", "--heads", "2", "--feed-forward", "16", "--depth", "2", "--epochs", "1", "--threads", "1"];

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_run_writes_its_files_and_its_model_classifies_in_another()
    {
        var trained = Run([.. Tiny, "--train-rows", "120", "--test-rows", "40", "--output", folder.Path]);

        Assert.Equal((0, ""), (trained.Code, trained.Error));
        Assert.True(File.Exists(folder.At("learning-curve.png")));
        var figures = JsonDocument.Parse(File.ReadAllText(folder.At("result.json"))).RootElement;
        foreach (var name in new[] { "accuracy", "logLoss", "linearBaselineAccuracy", "secondsTraining", "peakResidentBytes" })
            Assert.True(figures.GetProperty(name).GetDouble() >= 0, name);
        Assert.True(figures.GetProperty("reloadedScoresIdentical").GetBoolean());
        Assert.Equal(10, figures.GetProperty("classes").GetArrayLength());

        var texts = Run("--model", folder.At("model.zip"), "--classify", "Anna lost to Amelia");
        Assert.Equal((0, ""), (texts.Code, texts.Error));
        var line = Assert.Single(texts.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)).Split('\t');
        Assert.Contains(line[0], MatchBook.Classes);
        Assert.Equal("Anna lost to Amelia", line[2].Trim());
    }

    [Fact]
    public void A_file_and_a_folder_of_class_folders_are_learned_from()
    {
        var rows = MatchBook.Rows(60, 3, forTest: false);
        var file = folder.Write("rows.tsv", [.. "kind\ttext\n"u8, .. System.Text.Encoding.UTF8.GetBytes(
            string.Concat(rows.Select(row => $"{row.Class}\t{row.Text}\n")))]);
        foreach (var (row, i) in rows.Select((row, i) => (row, i)))
        {
            Directory.CreateDirectory(folder.At($"texts/{row.Class}"));
            File.WriteAllText(folder.At($"texts/{row.Class}/{i}.txt"), row.Text);
        }

        foreach (var arguments in new string[][] { ["--data", file, "--text", "text", "--class", "kind"], ["--data", folder.At("texts")] })
        {
            var result = Run([.. Tiny, .. arguments, "--no-baseline", "--output", folder.At("out")]);
            Assert.Equal((0, ""), (result.Code, result.Error));
            var figures = JsonDocument.Parse(File.ReadAllText(folder.At("out/result.json"))).RootElement;
            Assert.Equal(rows.Select(row => row.Text).Distinct().Count(),
                figures.GetProperty("trainRows").GetInt32() + figures.GetProperty("testRows").GetInt32());
        }
    }

    [Fact]
    public void What_cannot_be_read_is_said_in_one_message()
    {
        AssertFault("There is no folder or file nothing.tsv", "--data", "nothing.tsv");
        AssertFault("is no data set of texts and classes", "--data", folder.Write("a.pdf", [1]));
        AssertFault("line 2 has 1 column(s)", "--data", folder.Write("a.tsv", "a\tb\nc\n"u8.ToArray()));
        AssertFault("at least 2 are needed", "--data", folder.Write("b.tsv", "a\tb\nc\tb\nd\tb\n"u8.ToArray()));
        AssertFault("has no column kind", "--data", folder.Write("c.tsv", "a\tb\n"u8.ToArray()), "--class", "kind");
        AssertFault("are the same column", "--data", folder.Write("d.tsv", "a\tb\n"u8.ToArray()), "--class", "1");
        Directory.CreateDirectory(folder.At("empty"));
        AssertFault("holds no texts in class folders", "--data", folder.At("empty"));
        AssertFault("There is no model nothing.zip", "--model", "nothing.zip");
        AssertFault("cannot be loaded as a model", "--model", folder.Write("model.zip", "no model"u8.ToArray()));

        void AssertFault(string text, params string[] arguments)
        {
            var result = Run([.. arguments, "--output", folder.At("out")]);
            Assert.Equal(1, result.Code);
            Assert.Contains(text, result.Error, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Tested_pairs_of_names_are_never_trained_on_and_words_alone_do_not_tell_who_has_won()
    {
        var (train, test) = (MatchBook.Rows(4000, 1, forTest: false), MatchBook.Rows(1000, 1, forTest: true));

        Assert.Equal(4000, train.Count);
        Assert.Empty(test.Select(Pair).ToHashSet().Intersect(train.Select(Pair)));
        Assert.Equal(MatchBook.Classes, test.Select(row => row.Class).Distinct().Order(StringComparer.Ordinal));
        // Of the texts that have a name, it has won in half.
        foreach (var name in MatchBook.Classes)
            Assert.InRange(test.Where(row => Pair(row).Split(' ').Contains(name)).Average(row => row.Class == name ? 1.0 : 0), 0.35, 0.65);

        static string Pair(LabelledText row) => string.Join(' ',
            row.Text.Split(' ', ',', '.').Where(MatchBook.Classes.Contains).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void The_same_seed_makes_the_same_rows_and_another_seed_others()
    {
        Assert.Equal(Texts(1), Texts(1));
        Assert.NotEqual(Texts(1), Texts(2));

        static string[] Texts(int seed) => [.. MatchBook.Rows(50, seed, forTest: true).Select(row => row.Text)];
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
            return ((int)typeof(MatchBook).Assembly.EntryPoint!.Invoke(null, [args])!, said.ToString(), complained.ToString());
        }
        finally
        {
            Console.SetOut(output);
            Console.SetError(error);
        }
    }
}
