using System.IO.Compression;
using Bdia.Data;
using Bdia.Data.Tables;
using Bdia.Tool.Tests.Support;
using CsCheck;

namespace Bdia.Tool.Tests.Data;

public sealed class TableTests : IDisposable
{
    private static readonly string[] Formats = [".csv", ".jsonl", ".parquet", ".csv.gz", ".jsonl.gz"];
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void What_is_written_is_read_in_every_format_that_keeps_all_characters()
    {
        // Without lone surrogates, which UTF-8 has no bytes for; a .csv has no difference between nothing and "".
        var text = Gen.Char["ab \t\n\r\",;é漢'\\{}"].Array[1, 12].Select(letters => new string(letters));
        Gen.Select(Gen.Int[0, Formats.Length - 1].Select(i => Formats[i]), Gen.Select(text, text).Array[1, 20]).Sample((format, rows) =>
        {
            var path = folder.At("table" + format);
            TableFile.Write(path, Columns("first", "second"), rows.Select(row => new object?[] { row.Item1, row.Item2 }));

            var table = Table.Open(path);

            Assert.Equal(["first", "second"], table.Columns.Select(column => column.Name));
            Assert.Equal(rows, table.Rows().Select(row => (row.Text(0), row.Text(1))));
            Assert.All(table.Rows(), row => Assert.Null(row.Fault));
        }, iter: 60, threads: 1);
    }

    [Theory]
    [InlineData(".tsv")]
    [InlineData(".csv")]
    [InlineData(".jsonl")]
    [InlineData(".parquet")]
    [InlineData(".tsv.gz")]
    public void Parts_make_the_table_that_is_written_at_once(string format)
    {
        var rows = Enumerable.Range(0, 10).Select(i => new object?[] { $"row {i}", i % 3 == 0 ? null : 0.5f * i }).ToArray();
        TableColumn[] columns = [new("name", typeof(string)), new("value", typeof(float))];
        string[] parts = [folder.At("1"), folder.At("2")];
        TableFile.WritePart(parts[0], "x" + format, columns, rows[..4]);
        TableFile.WritePart(parts[1], "x" + format, columns, rows[4..]);

        TableFile.Join(folder.At("joined" + format), columns, parts);
        TableFile.Write(folder.At("whole" + format), columns, rows);

        Assert.Equal(Read("whole"), Read("joined"));
        Assert.Equal(10, Read("joined").Length);

        (string, string)[] Read(string name)
            => [.. Table.Open(folder.At(name + format)).Rows().Select(row => (row.Text(0), row.Text(1)))];
    }

    [Fact]
    public void A_tab_separated_file_has_no_quotes_and_its_lines_stay_lines()
    {
        var path = folder.Write("t.tsv", "a\tb\n\"x\ty\"\n\n1\t2\r\n");
        Assert.Equal([("\"x", "y\""), ("1", "2")], Table.Open(path).Rows().Select(row => (row.Text(0), row.Text(1))));

        TableFile.Write(folder.At("empty.tsv"), Columns("a", "b"), [[null, ""], ["", null], ["x", "y"]]);
        Assert.Equal(3, Table.Open(folder.At("empty.tsv")).Rows().Count());

        TableFile.Write(folder.At("u.tsv"), Columns("a"), [["one\ttwo\r\nthree"]]);
        Assert.Equal("a\none two three\n", File.ReadAllText(folder.At("u.tsv")));
    }

    [Fact]
    public void A_row_that_is_not_as_the_others_has_a_fault_and_the_rest_is_read()
    {
        var short_ = Table.Open(folder.Write("a.tsv", "a\tb\n1\t2\n3\n4\t5\t6\n")).Rows().ToArray();
        Assert.Equal([null, "it has 1 column(s) where 2 are called for", "it has 3 column(s) where 2 are called for"],
            short_.Select(row => row.Fault));
        Assert.All(short_, row => Assert.Equal(2, row.Values.Count));

        var json = Table.Open(folder.Write("b.jsonl", "{\"a\":\"x\",\"n\":3,\"l\":[1,2]}\nnothing\n[1]\n{\"a\":null}\n"));
        Assert.Equal(["a", "n", "l"], json.Columns.Select(column => column.Name));
        Assert.Equal(["x", "3", "[1,2]"], Enumerable.Range(0, 3).Select(json.Rows().First().Text));
        Assert.Equal([null, "it is no JSON (byte 2)", "it is a JSON Array, not an object", null], json.Rows().Select(row => row.Fault));
    }

    [Fact]
    public void Columns_are_known_by_name_and_by_number_and_a_missing_one_is_told_with_those_there_are()
    {
        var table = Table.Open(folder.Write("a.csv", "Text,\"Label, the\"\nx,y\n"));

        Assert.Equal((0, 1, 1), (table.Index("Text"), table.Index("Label, the"), table.Index("1")));
        Assert.Equal("Text", table.Find("nothing", "TEXT"));
        Assert.Contains("no column \"class\". It has \"Text\", \"Label, the\"",
            Assert.Throws<InputException>(() => table.Index("class")).Message);
        Assert.Equal(["0", "1"], Table.Open(table.Path, hasHeader: false).Columns.Select(column => column.Name));
    }

    [Fact]
    public void Files_that_are_no_tables_are_told_with_a_remedy()
    {
        Fault(folder.At("x.doc"), "is no table");
        Fault(folder.At("x.tsv"), "There is no file");
        Fault(folder.Write("e.tsv", ""), "has no rows");
        Fault(folder.Write("h.csv", "a,b\n"), "only a line of names");
        Fault(folder.Write("d.csv", "a,a\n1,2\n"), "two columns \"a\"");
        Fault(folder.Write("p.parquet", "no parquet"), "is no whole Parquet file");
        Fault(folder.Write("j.jsonl", "1\n2\n"), "has no JSON object");
        Fault(folder.Write("l.tsv", [.. "a\tb\n1\t"u8, 0xE7, .. "\n"u8]), "byte 0xE7 is no UTF-8");
        var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true)) gzip.Write("a\tb\n1\t2\n"u8);
        folder.Write("g.tsv.gz", packed.ToArray());
        Assert.Single(Table.Open(folder.At("g.tsv.gz")).Rows());
    }

    [Fact]
    public void Parquet_keeps_the_types_of_numbers_bytes_and_nothing()
    {
        TableColumn[] columns = [new("n", typeof(long)), new("x", typeof(double)), new("b", typeof(byte[])), new("ok", typeof(bool))];
        object?[][] rows = [[1L, 0.25, new byte[] { 1, 2 }, true], [null, null, null, null], [-7L, 1e300, Array.Empty<byte>(), false]];
        TableFile.Write(folder.At("t.parquet"), columns, rows);

        var table = Table.Open(folder.At("t.parquet"));

        Assert.Equal(columns, table.Columns);
        Assert.Equal(rows, table.Rows().Select(row => row.Values.ToArray()));
    }

    private void Fault(string path, string says)
        => Assert.Contains(says, Assert.Throws<InputException>(() => Table.Open(path).Rows().ToArray()).Message, StringComparison.Ordinal);

    private static TableColumn[] Columns(params string[] names) => [.. names.Select(name => new TableColumn(name, typeof(string)))];
}
