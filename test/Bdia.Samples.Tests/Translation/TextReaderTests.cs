using System.IO.Compression;
using System.Text;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Data;
using Bdia.Data.Texts;
using Bdia.Samples.Translation.Data;

namespace Bdia.Samples.Tests.Translation;

public sealed class TextReaderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> notes = [];

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData("")]
    [InlineData(".gz")]
    public void Aligned_files_are_paired_line_by_line(string ending)
    {
        Write("train.en" + ending, "one\r\ntwo\n\u2028three");
        Write("train.fr" + ending, "un\ndeux\ntrois\n");
        Write("val.en" + ending, "four\n");
        Write("val.fr" + ending, "quatre\n");
        Write("test_2016.en" + ending, "five\nsix\n");
        Write("test_2016.fr" + ending, "cinq\nsix\n");
        Write("test_2017.en" + ending, "seven\n");
        Write("test_2017.fr" + ending, "sept\n");
        Write("train.de" + ending, "eins\n");

        var data = Load(folder.Path, "en", "fr");

        Assert.Equal([("one", "un"), ("two", "deux"), ("\u2028three", "trois")], Texts(data.Train));
        Assert.Equal([("four", "quatre")], Texts(data.Validation!));
        Assert.Equal(["test_2016", "test_2017"], data.Tests.Select(test => test.Name));
        Assert.Equal([("five", "cinq"), ("six", "six")], Texts(data.Tests[0].Rows));
        Assert.Empty(notes);
    }

    [Fact]
    public void Without_test_files_some_sources_are_held_out_with_all_their_rows()
    {
        Write("train.en", string.Concat(Enumerable.Range(0, 400).Select(i => $"text {i / 2}\n")));
        Write("train.fr", string.Concat(Enumerable.Range(0, 400).Select(i => $"texte {i}\n")));

        var data = Load(folder.Path, "en", "fr");

        var (train, validation, test) = (Sources(data.Train), Sources(data.Validation!), Sources(data.Tests[0].Rows));
        Assert.Equal((10, 10, 180), (test.Count, validation.Count, train.Count));
        Assert.Equal(360, data.Train.Count);
        Assert.False(train.Overlaps(test) || train.Overlaps(validation) || test.Overlaps(validation));
        Assert.Contains("10 of 200 source texts are held out", Assert.Single(notes));
        Assert.Equal(Texts(data.Tests[0].Rows), Texts(Load(folder.Path, "en", "fr").Tests[0].Rows));

        static HashSet<string> Sources(IEnumerable<TextPair> rows) => [.. rows.Select(row => row.Source)];
    }

    [Fact]
    public void Rows_with_an_empty_side_are_left_out_and_counted()
    {
        Train("one\n\nthree\nfour\n", "un\ndeux\n \nquatre\n");

        var data = Load(folder.Path, "en", "fr", testRows: 1);

        Assert.Equal(2, data.Train.Count + data.Tests[0].Rows.Count);
        Assert.Contains("2 row(s) are empty on one side and left out, the first is line 2", notes[0]);
    }

    [Fact]
    public void Fewer_rows_are_chosen_by_the_seed()
    {
        Train(string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}\n")), string.Concat(Enumerable.Range(0, 100).Select(i => $"{i}\n")));

        var (first, again, other) = (Load(folder.Path, "en", "fr", trainRows: 20), Load(folder.Path, "en", "fr", trainRows: 20),
            Load(folder.Path, "en", "fr", trainRows: 20, seed: 2));

        Assert.Equal(20, first.Train.Count);
        Assert.Equal(Texts(first.Train), Texts(again.Train));
        Assert.NotEqual(Texts(first.Train), Texts(other.Train));
    }

    [Fact]
    public void Files_that_do_not_fit_each_other_are_named_with_their_counts()
    {
        Train("one\ntwo\n", "un\n");

        var message = Fault(folder.Path, "en", "fr");

        Assert.Contains("train.en has 2 lines but ", message);
        Assert.Contains("train.fr has 1", message);
    }

    [Fact]
    public void A_missing_file_is_named_and_what_there_is()
    {
        Write("train.en", "one\n");
        Assert.Contains("has train.en but no train.fr", Fault(folder.Path, "en", "fr"));
        Assert.Contains("has no train.cs and train.de", Fault(folder.Path, "cs", "de"));
        Assert.Contains("It holds train.en.", Fault(folder.Path, "cs", "de"));
        Assert.Contains("--source en --target fr", Fault(folder.Path, null, "fr"));
        Assert.Contains("There is no folder or file", Fault(folder.At("nothing"), "en", "fr"));
        Write("train.fr", "un\n");
        Write("test_2018.en", "two\n");
        Assert.Contains("has test_2018.en but no test_2018.fr", Fault(folder.Path, "en", "fr"));
        Write("test_2016.en", "two\n");
        Write("test_2016.fr", "deux\n");
        Assert.Equal(["test_2016"], Load(folder.Path, "en", "fr").Tests.Select(test => test.Name));
        Assert.Contains("test_2018.en", Assert.Single(notes));
    }

    [Fact]
    public void Several_training_sets_need_one_of_just_that_name()
    {
        foreach (var stem in new[] { "train.a", "train.b", "test" })
        {
            Write($"{stem}.en", "one\n");
            Write($"{stem}.fr", "un\n");
        }

        Assert.Contains("(train.a, train.b)", Fault(folder.Path, "en", "fr"));
        Train("two\n", "deux\n");
        Assert.Equal([("two", "deux")], Texts(Load(folder.Path, "en", "fr").Train));
    }

    [Fact]
    public void Bytes_that_are_no_UTF_8_are_named_with_their_line()
    {
        Write("train.en", "one\ntwo\n");
        folder.Write("train.fr", [.. "un\nfran"u8, 0xE7, .. "ais\n"u8]);
        Assert.Contains("train.fr, line 2: byte 5 (0xE7) is no UTF-8", Fault(folder.Path, "en", "fr"));

        folder.Write("train.fr", Encoding.Unicode.GetPreamble().Concat(Encoding.Unicode.GetBytes("un\ndeux\n")).ToArray());
        Assert.Contains("is UTF-16", Fault(folder.Path, "en", "fr"));
    }

    [Fact]
    public void A_byte_order_mark_is_no_text()
    {
        folder.Write("train.en", [.. Encoding.UTF8.GetPreamble(), .. "one\n"u8]);
        Write("train.fr", "un\n");
        Write("test.en", "two\n");
        Write("test.fr", "deux\n");

        Assert.Equal([("one", "un")], Texts(Load(folder.Path, "en", "fr").Train));
    }

    [Theory]
    [InlineData(null, null, "Go.", "Va !")]
    [InlineData("2", null, "Va !", "Go.")]
    [InlineData("3", "1", "by X", "Go.")]
    public void Columns_of_a_tab_separated_file_are_chosen_by_number(string? source, string? target, string from, string to)
    {
        var path = Write("pairs.tsv", "Go.\tVa !\tby X\n" + string.Concat(Enumerable.Range(0, 30).Select(i => $"a{i}\tb{i}\tc{i}\n")));

        var data = Load(path, source, target);

        Assert.Contains((from, to), Texts([.. data.Train, .. data.Validation!, .. data.Tests[0].Rows]));
        Assert.Equal(31, data.Train.Count + data.Validation!.Count + data.Tests[0].Rows.Count);
    }

    [Fact]
    public void Columns_are_chosen_by_the_names_in_the_first_line()
    {
        var path = Write("pairs.tsv", "id\tfr\ten\n1\tun\tone\n2\tdeux\ttwo\n");

        var data = Load(path, "en", "fr");

        Assert.Equal([("one", "un"), ("two", "deux")], Texts([.. data.Train, .. data.Tests[0].Rows]).Order());
        Assert.Single(notes);
    }

    [Fact]
    public void Names_that_no_line_has_are_labels_and_what_they_mean_is_said()
    {
        var path = Write("pairs.txt", "Go.\tVa !\nRun!\tCours !\nWow!\tOh !\n");

        Assert.Equal(("en", "fr"), Load(path, "en", "fr").Languages);
        Assert.Contains("en is column 1 (\"Go.\"), fr column 2 (\"Va !\")", notes[0]);
    }

    [Fact]
    public void A_zip_archive_gives_the_file_that_has_tabs()
    {
        var path = folder.At("fra-eng.zip");
        using (var archive = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            Add("_about.txt", "About these files\n");
            Add("fra.txt", "Go.\tVa !\nRun!\tCours !\nWow!\tOh !\n");

            void Add(string name, string text)
            {
                using var stream = archive.CreateEntry(name).Open();
                stream.Write(Encoding.UTF8.GetBytes(text));
            }
        }

        var data = Load(path, null, null);

        Assert.Equal(3, data.Train.Count + data.Validation!.Count + data.Tests[0].Rows.Count);
        folder.Write("broken.zip", "no archive"u8.ToArray());
        Assert.Contains("cannot be unpacked", Fault(folder.At("broken.zip"), null, null));
    }

    [Fact]
    public void What_is_wrong_with_a_tab_separated_file_is_said_with_its_line()
    {
        Assert.Contains("line 1: there is no tab (\"hello\")", Fault(Write("a.txt", "hello\n"), null, null));
        Assert.Contains("line 2 has 1 column(s), but 2 are called for (\"two\")", Fault(Write("b.tsv", "one\tun\ntwo\n"), null, null));
        Assert.Contains("is empty", Fault(Write("c.tsv", ""), null, null));
        Assert.Contains("the same column", Fault(Write("d.tsv", "one\tun\n"), "2", "2"));
        Assert.Contains("1 source text(s) and no test files", Fault(Write("e.tsv", "one\tun\n"), null, null));
        Assert.Contains("no data set that this sample knows", Fault(Write("f.doc", "one\tun\n"), null, null));
    }

    [Fact]
    public void Without_data_phrases_are_made_in_either_direction()
    {
        var data = Load(null, null, null, trainRows: 50, testRows: 20);
        var turned = Load(null, "forms", null, trainRows: 50, testRows: 20);

        Assert.Equal((50, 20), (data.Train.Count, data.Tests[0].Rows.Count));
        Assert.Equal(("forms", "words"), turned.Languages);
        Assert.Equal("words", data.Languages.Source);
        Assert.Contains("words and forms", Fault(null, "en", "fr"));
    }

    private string Fault(string? data, string? source, string? target)
        => Assert.Throws<InputException>(() => Load(data, source, target)).Message;

    private ParallelText Load(string? data, string? source, string? target, int? trainRows = null, int? testRows = null, int seed = 1)
        => DataSources.Load(
        new()
        {
            Data = data, Source = source, Target = target, TrainRows = trainRows, TestRows = testRows, Seed = seed,
                Mode = BackpropagationMode.Reversible,
            Precision = ComputePrecision.Float32, Quantize = true, Resume = false, Translate = [], Output = "",
                Save = "", Json = "", Report = "", Curve = "", Command = "",
        },
        notes.Add);

    private void Train(string source, string target)
    {
        Write("train.en", source);
        Write("train.fr", target);
    }

    private string Write(string name, string text) => folder.Write(name, Encoding.UTF8.GetBytes(text));

    private static IEnumerable<(string, string)> Texts(IEnumerable<TextPair> rows) => rows.Select(row => (row.Source, row.Target));
}
