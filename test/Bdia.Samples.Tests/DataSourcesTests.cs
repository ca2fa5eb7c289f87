using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Data;
using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Options;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.Samples.Tests;

public sealed class DataSourcesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<string> notes = [];
    private readonly MLContext mlContext = new(1);

    public void Dispose() => folder.Dispose();

    [Fact]
    public void A_folder_of_class_folders_is_split_by_class_and_scaled()
    {
        for (var i = 0; i < 10; i++)
        {
            Save($"red/{i}.png", 40, 30, SKColors.Red);
            Save($"blue/{i}.jpg", 20, 60, SKColors.Blue);
        }

        var data = Load(folder.Path);

        Assert.Equal(["blue", "red"], data.Classes);
        Assert.Equal((16, 4), data.Rows);
        Assert.Equal(["blue", "red", "blue", "red"], data.Pictures(data.Test).Select(picture => picture.Class));
        var red = data.Pictures(data.Train).First(picture => picture.Class == "red").Pixels;
        Assert.Equal(3 * 16 * 16, red.Length);
        Assert.All(red[..256], value => Assert.Equal(255, value));
        Assert.All(red[256..], value => Assert.Equal(0, value));
        Assert.Empty(notes);
    }

    [Fact]
    public void The_trainer_gets_files_as_they_are_which_keep_their_orientation()
    {
        Save("red/1.jpg", 40, 30, SKColors.Red);
        Save("blue/1.jpg", 40, 30, SKColors.Blue);
        Save("red/2.jpg", 40, 30, SKColors.Red);
        Save("blue/2.jpg", 40, 30, SKColors.Blue);

        var data = Load(folder.Path);
        var prepared = data.Prepare.Fit(data.Train).Transform(data.Train);

        Assert.Equal(File.ReadAllBytes(folder.At("blue/1.jpg")),
            prepared.GetColumn<VBuffer<byte>>("Image").First().DenseValues());
    }

    [Fact]
    public void Folders_named_train_and_test_are_kept_apart()
    {
        Save("train/red/1.png", 16, 16, SKColors.Red);
        Save("train/blue/1.png", 16, 16, SKColors.Blue);
        Save("test/blue/1.png", 16, 16, SKColors.Blue);

        Assert.Equal((2, 1), Load(folder.Path).Rows);
        Save("test/green/1.png", 16, 16, SKColors.Green);
        Assert.Contains("\"green\"", Assert.Throws<InputException>(() => Load(folder.Path)).Message);
    }

    [Fact]
    public void A_file_that_is_no_picture_is_left_out_and_noted()
    {
        for (var i = 0; i < 3; i++)
        {
            Save($"red/{i}.png", 16, 16, SKColors.Red);
            Save($"blue/{i}.png", 16, 16, SKColors.Blue);
        }

        folder.Write("red/broken.jpg", "no picture"u8.ToArray());

        Assert.Equal((4, 2), Load(folder.Path).Rows);
        Assert.Contains("broken.jpg", Assert.Single(notes));
    }

    [Fact]
    public void What_is_no_data_set_gets_the_list_of_what_is()
    {
        Assert.Contains("There is no folder or file", Assert.Throws<InputException>(() => Load(folder.At("nothing"))).Message);
        Assert.Contains("CIFAR-10", Assert.Throws<InputException>(() => Load(folder.Path)).Message);
        Assert.Contains("CIFAR-10", Assert.Throws<InputException>(() => Load(folder.Write("notes.txt", "text"u8.ToArray()))).Message);
    }

    [Fact]
    public void Fewer_rows_still_have_every_class_of_a_sorted_file()
    {
        folder.Write("train.bin", [.. Enumerable.Range(0, 30).SelectMany(i => Enumerable.Repeat((byte)(i / 10), 3073))]);
        folder.Write("test.bin", [.. Enumerable.Range(0, 3).SelectMany(i => Enumerable.Repeat((byte)i, 3073))]);

        var data = Load(folder.Path, trainRows: 6);

        Assert.Equal((6, 3), data.Rows);
        Assert.Equal(["0", "1", "2", "0", "1", "2"], data.Pictures(data.Train).Select(picture => picture.Class));
    }

    [Fact]
    public void Without_a_path_shapes_are_drawn()
    {
        var data = DataSources.Load(mlContext, Options(null, 30), notes.Add);

        Assert.Equal(30, data.Rows.Train);
        Assert.Equal(10, data.Classes.Count);
        Assert.Equal(data.Size.Values, data.Pictures(data.Train).First().Pixels.Length);
    }

    private PictureData Load(string path, int? trainRows = null) => DataSources.Load(mlContext, Options(path, trainRows), notes.Add);

    private static SampleOptions Options(string? path, int? trainRows) => new()
    {
        Data = path,
        TrainRows = trainRows,
        PictureSize = 16,
        Model = VisionTransformerPreset.Compact,
        Mode = BackpropagationMode.Reversible,
        Precision = ComputePrecision.Float32,
        Quantize = true,
        Seed = 1,
        Resume = false,
        Baseline = true,
        Output = "",
        Save = "",
        Json = "", Report = "",
        Command = "",
    };

    private void Save(string name, int width, int height, SKColor color)
    {
        using var bitmap = new SKBitmap(width, height);
        bitmap.Erase(color);
        using var bytes = bitmap.Encode(name.EndsWith("png", StringComparison.Ordinal) ? SKEncodedImageFormat.Png
            : SKEncodedImageFormat.Jpeg, 100);
        using var file = File.Create(folder.At(name));
        bytes.SaveTo(file);
    }
}
