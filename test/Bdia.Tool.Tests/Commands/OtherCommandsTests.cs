using System.Diagnostics;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Tests.Support;
using SkiaSharp;

namespace Bdia.Tool.Tests.Commands;

[Collection(nameof(ModelTests))]
public sealed class OtherCommandsTests(Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void Evaluate_has_the_figures_and_the_report_of_a_data_set()
    {
        var model = trained.Pictures();
        var result = Command.Run("evaluate", model, trained.PictureFolder, "--report", folder.At("r.html")).Succeeded();

        Assert.StartsWith("Accuracy\t", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("of 36 right", result.Lines[0], StringComparison.Ordinal);
        Assert.Contains("<title>Colours", File.ReadAllText(folder.At("r.html")), StringComparison.Ordinal);
        Assert.Contains("BLEU\t", Command.Run("evaluate", trained.Translator(), trained.Pairs, "--source", "en", "--target", "fr")
            .Succeeded()
            .Output, StringComparison.Ordinal);
        Assert.Contains("Perplexity\t", Command.Run("evaluate", trained.Writer(), trained.Book).Succeeded().Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_another_task_and_data_of_other_classes_are_told()
    {
        var (pictures, texts) = (trained.Pictures(), trained.Texts());

        Command.Run("evaluate", texts, trained.PictureFolder).Failed(ExitCode.Model,
            "is a model that tells texts apart, and " + trained.PictureFolder + " looks like data for bdia image-classification");
        folder.Write("animals/cat/1.png", Pictures.Png(0, 1));
        folder.Write("animals/dog/1.png", Pictures.Png(1, 1));
        Command.Run("evaluate", pictures, folder.At("animals")).Failed(ExitCode.Model, "knows the classes dark, green, red, none of which");
        var picture = folder.At("animals/cat/1.png");
        Command.Run("predict", texts, picture).Failed(ExitCode.Model, $"is a model that tells texts apart, and {picture} is a file");
        var table = folder.Write("rows.tsv", "text\nlate\n");
        Command.Run("predict", pictures, table).Failed(ExitCode.Data, "cannot be decoded");
        Assert.Equal(2, Command.Run("predict", pictures, table, picture).Succeeded().Lines.Length);
        Command.Run("evaluate", folder.Write("text.zip", "no model"), trained.PictureFolder).Failed(ExitCode.Model, "cannot be loaded");
    }

    [Fact]
    public void Export_writes_the_models_of_every_task_as_ONNX()
    {
        Command.Run("export", trained.Pictures(), "--onnx", folder.At("model.onnx")).Succeeded();
        Assert.True(new FileInfo(folder.At("model.onnx")).Length > 100_000);
        Command.Run("export", trained.Translator(), "--onnx", folder.At("translator")).Succeeded();
        Assert.True(File.Exists(folder.At("translator/encoder.onnx")));
        foreach (var (model, name) in new[] { (trained.Texts(), "texts"), (trained.Writer(), "writer") })
        {
            Command.Run("export", model, "--onnx", folder.At(name), "--int8").Succeeded();
            Assert.NotEmpty(Directory.GetFiles(folder.At(name), "*.onnx"));
        }
    }

    [Fact]
    public void Inspect_names_what_may_spoil_training()
    {
        var path = Pictures.Folder(folder, each: 3);
        File.Copy(folder.At("pictures/dark/00.png"), folder.At("pictures/red/99.png"));
        folder.Write("pictures/red/cut.png", Pictures.Png(2, 5)[..150]);
        folder.Write("pictures/red/none.jpg", "no picture");

        var said = Command.Run("inspect", path, "--no-pace").Succeeded().Output;

        Assert.Contains("bdia image-classification", said, StringComparison.Ordinal);
        Assert.Contains("none.jpg: it is no picture", said, StringComparison.Ordinal);
        Assert.Contains("red/cut.png (it ends too early)", said.Replace('\\', '/'), StringComparison.Ordinal);
        Assert.Contains("1 picture(s) are there in two classes", said, StringComparison.Ordinal);
        Assert.Contains("8 x 8 to 8 x 8 pixels", said, StringComparison.Ordinal);
        Assert.Contains("Memory ", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_finds_what_is_trained_on_among_the_rows_that_are_held_back()
    {
        var path = Pictures.Folder(folder, each: 3);
        foreach (var name in new[] { "green", "red" })
        {
            folder.Write($"held/{name}/new.png", Pictures.Png(1, 77));
            File.Copy(folder.At($"pictures/{name}/00.png"), folder.At($"held/{name}/same.png"));
        }

        var said = Command.Run("inspect", path, "--no-pace", "--validation-dataset", folder.At("held")).Succeeded().Output;
        Assert.Contains("2 picture(s) stand both among the rows to train and to validate on", said, StringComparison.Ordinal);
        said = Command.Run("inspect", path, "--no-pace", "--test-dataset", folder.At("held")).Succeeded().Output;
        Assert.Contains("2 picture(s) stand both among the rows to train and to test on", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Inspect_finds_the_task_and_tells_of_texts()
    {
        var table = folder.Write("t.tsv", "text\tlabel\nprivet мир\ta\none two\tb\none two\ta\n");
        var said = Command.Run("inspect", table, "--no-pace").Succeeded().Output;
        Assert.Contains("bdia text-classification", said, StringComparison.Ordinal);
        Assert.Contains("1 text(s) stand in two classes", said, StringComparison.Ordinal);
        Assert.Contains("Latin", said, StringComparison.Ordinal);
        Assert.Contains("Cyrillic", said, StringComparison.Ordinal);
        Assert.Contains("bdia translation", Command.Run("inspect", table, "--source", "text", "--target", "label", "--no-pace").Succeeded()
            .Output, StringComparison.Ordinal);
        Assert.Contains("an epoch here", Command.Run("inspect", table, "--source", "text", "--target", "label").Succeeded().Output,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_disk_that_fills_while_a_model_is_written_is_told_and_leaves_what_was_there()
    {
        var disk = folder.At("disk/x")[..^2];
        using (var mount = Start("mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", disk))
        {
            mount?.WaitForExit();
            Assert.SkipUnless(mount?.ExitCode == 0, "A small disk cannot be mounted here: that takes the rights of root on Linux.");
        }

        try
        {
            // The model of pictures weighs some megabytes, and its checkpoint, which comes first, more.
            Command.Run("image-classification", "--dataset", Pictures.Folder(folder, each: 4), "--epochs", "1", "--name", "Full",
                "--output",
                disk, "--no-code").Failed(ExitCode.Output, "No space left");
            Assert.False(File.Exists(Path.Combine(disk, "Full.zip")));
            var table = folder.Write("long.tsv", "text\n" + string.Concat(Enumerable.Range(0, 30).Select(i =>
                $"late is my parcel {i} {new string('x', 50_000)}\n")));
            Command.Run("score", trained.Texts(), table, Path.Combine(disk, "out.tsv")).Failed(ExitCode.Output, "disk is full");
            Assert.False(File.Exists(Path.Combine(disk, "out.tsv")));
            Command.Run("export", trained.Pictures(), "--onnx", Path.Combine(disk, "model.onnx")).Failed(ExitCode.Output, "disk is full");
        }
        finally
        {
            Start("umount", disk)!.WaitForExit();
        }
    }

    [Fact]
    public void Thumbnails_are_small_and_hold_the_picture()
    {
        var address = Bdia.Reports.Pages.Thumbnail.Of(() => Pictures.Png(2, 1, side: 300))!;
        using var read = SKBitmap.Decode(Convert.FromBase64String(address.Split(',')[1]));
        Assert.Equal((112, 112), (read.Width, read.Height));
        Assert.True(read.GetPixel(50, 50).Red > 180);
        Assert.Null(Bdia.Reports.Pages.Thumbnail.Of(() => [1, 2, 3]));
    }

    private static Process? Start(string program, params string[] arguments)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true });
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no such program
        }
    }
}
