using System.Globalization;
using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Data.Tables;
using Bdia.Data.Texts;
using Bdia.Tool.Tests.Support;
using CsCheck;
using SkiaSharp;

namespace Bdia.Tool.Tests.Data;

public sealed class SetTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Class_folders_tables_of_paths_and_Parquet_with_bytes_give_the_same_pictures()
    {
        var path = Pictures.Folder(folder, each: 2);
        var folders = PictureSet.Open(path);
        folder.Write("pictures/list.csv", "path,label\n" + string.Concat(folders.Train.Select(item => $"{item.Name},{item.Label}\n")));
        TableFile.Write(folder.At("set.parquet"), [new("image", typeof(byte[])), new("label", typeof(string))],
            folders.Train.Select(item => new object?[] { item.Load(), item.Label }));

        foreach (var other in new[] { PictureSet.Open(folder.At("pictures/list.csv")), PictureSet.Open(folder.At("set.parquet")) })
        {
            Assert.Equal(["dark", "green", "red"], other.Classes);
            Assert.Equal(folders.Train.Select(item => item.Label), other.Train.Select(item => item.Label));
            Assert.Equal(folders.Train.Select(item => item.Load()), other.Train.Select(item => item.Load()));
        }
    }

    [Fact]
    public void Rows_of_a_table_without_a_file_or_a_class_are_left_out_by_name()
    {
        folder.Write("a.png", Pictures.Png(0, 1));
        var set = PictureSet.Open(folder.Write("list.tsv", "file\tclass\na.png\tx\nb.png\tx\na.png\t\na.png\n"));

        Assert.Single(set.Train);
        Assert.Equal(["row 2: there is no file b.png", "row 3: it has no class", "row 4: it has 1 column(s)"],
            set.LeftOut.Select((text, i) => text[..Math.Min(text.Length, new[] { 29, 22, 25 }[i])]));
    }

    [Fact]
    public void Raw_pixels_come_as_PNG_with_the_same_pixels()
        => Gen.Select(Gen.Int[1, 6], Gen.Int[1, 6], Gen.Int[0, 1].Select(i => 1 + (2 * i)), Gen.Int)
        .Sample((height, width, channels, seed) =>
        {
            var size = new PictureSize(channels, height, width);
            var pixels = new byte[size.Values];
            new Random(seed).NextBytes(pixels);

            using var read = SKBitmap.Decode(new Picture { Pixels = pixels }.ToPng(size));

            Assert.Equal((width, height), (read.Width, read.Height));
            for (var i = 0; i < height * width; i++)
            {
                var color = read.GetPixel(i % width, i / width);
                var plane = channels == 1 ? 0 : height * width;
                Assert.Equal((pixels[i], pixels[plane + i], pixels[(2 * plane) + i]), (color.Red, color.Green, color.Blue));
            }
        }, iter: 40);

    [Fact]
    public void An_empty_folder_one_class_and_a_missing_column_are_told()
    {
        Directory.CreateDirectory(folder.At("empty/x")[..^2]);
        Fault(() => PictureSet.Open(folder.At("empty/x")[..^2]), "holds no pictures");
        Fault(() => PictureSet.Open(Pictures.Folder(folder, "one", classes: 1)), "has pictures of 1 class(es)");
        Fault(() => PictureSet.Open(folder.Write("t.tsv", "file\tkind\na\tb\n")), "no column of classes that is known by its name");
        Fault(() => PictureSet.Open(folder.Write("t.tsv", "file\tkind\na\tb\n"), labelColumn: "species"), "no column \"species\"");
        Fault(() => LabelledTextSet.Open(folder.At("t.tsv"), "kind", "kind"), "the same column");
        Fault(() => ParallelTextSet.Open(folder.At("t.tsv"), "file", "en"), "no column \"en\"");
        Fault(() => TextCollection.Open(folder.Write("blank.txt", " \n")), "has no text");
    }

    [Fact]
    public void Texts_come_from_tables_folders_and_lines()
    {
        folder.Write("texts/a/1.txt", "one");
        folder.Write("texts/b/1.txt", "two");
        Assert.Equal([("one", "a"), ("two", "b")],
            LabelledTextSet.Open(folder.Root + "/texts").Train.Select(row => (row.Text, row.Class)));
        var table = folder.Write("t.jsonl", "{\"text\":\"one\",\"label\":\"a\"}\n{\"text\":\"\",\"label\":\"a\"}\n");
        var set = LabelledTextSet.Open(table);
        Assert.Equal(("one", "a", 1), (set.Train[0].Text, set.Train[0].Class, set.LeftOut.Count));
        Assert.Equal(("one", "a"), ParallelTextSet.Open(table, "text", "label").Train.Select(row => (row.Source, row.Target)).Single());
        Assert.True(TextCollection.Open(folder.Write("book.txt", "a\n\nb\n")) is { IsOneText: true, Texts.Count: 3 });
        Assert.Equal(["one"], TextCollection.Open(table).Texts);
    }

    [Fact]
    public void Rows_held_out_are_a_share_of_every_class_and_never_of_a_content_that_is_kept()
        => Gen.Select(Gen.Select(Gen.Int[0, 3], Gen.Int[0, 15]).Array[1, 60], Gen.Int).Sample((rows, seed) =>
        {
            var (kept, held) = HeldOut.Split(rows, row => Name(row.Item1), row => Name(row.Item2), 0.2, seed);

            Assert.Equal(rows.Order(), kept.Concat(held).Order());
            Assert.Empty(kept.Select(row => row.Item2).Intersect(held.Select(row => row.Item2)));
            Assert.NotEmpty(kept);
            Assert.Equal(held, HeldOut.Split(rows, row => Name(row.Item1), row => Name(row.Item2), 0.2, seed).Held);

            static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);
        }, iter: 200);

    private static void Fault(Action open, string says)
        => Assert.Contains(says, Assert.Throws<InputException>(open).Message, StringComparison.Ordinal);
}
