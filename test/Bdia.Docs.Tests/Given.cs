using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet;
using Microsoft.AspNetCore.Builder;
using Microsoft.ML;
using Microsoft.ML.Data;
using SkiaSharp;

namespace Bdia.Docs.Tests;

/// <summary>A picture in a file of its own, as the pages have it.</summary>
public sealed class Picture
{
    /// <summary>A PNG.</summary>
    public byte[] File { get; set; } = [];

    /// <summary>What it shows.</summary>
    public string Name { get; set; } = "";
}

/// <summary>A text, as the pages have it.</summary>
public sealed class Name
{
    /// <summary>The text.</summary>
    public string Text { get; set; } = "";
}

/// <summary>A message and what it is about.</summary>
public sealed class Message
{
    /// <summary>What it says.</summary>
    [LoadColumn(0)]
    public string Text { get; set; } = "";

    /// <summary>What it is about.</summary>
    [LoadColumn(1)]
    public string Topic { get; set; } = "";
}

/// <summary>Small data that the pages take for granted.</summary>
public static class Given
{
    private static readonly (string Name, SKColor Color)[] classes = [("cat", SKColors.DarkRed), ("dog", SKColors.DarkBlue)];

    /// <summary>Pictures of plain colours with noise, of two classes in turn.</summary>
    public static List<Picture> Pictures(int count = 24, int side = 8)
    {
        var random = new Random(1);
        return [.. Enumerable.Range(0, count)
            .Select(i => new Picture { Name = classes[i % classes.Length].Name,
            File = Png(classes[i % classes.Length].Color, side, random) })];
    }

    /// <summary>Writes pictures into a folder, and a table of their paths and labels.</summary>
    public static IDataView PictureFiles(MLContext mlContext, string folder, int count = 24, int side = 8)
    {
        Directory.CreateDirectory(folder);
        var rows = Pictures(count, side)
            .Select((picture, i) => new PicturePath { Path = $"{i}.png", Label = picture.Name, File = picture.File }).ToList();
        foreach (var row in rows) File.WriteAllBytes(Path.Combine(folder, row.Path), row.File);
        return mlContext.Data.LoadFromEnumerable(rows);
    }

    /// <summary>Writes sentences and their translations, a tab between.</summary>
    public static void SentenceFile(string path, int count = 40)
    {
        string[] from = ["one", "two", "three", "four", "five"], to = ["un", "deux", "trois", "quatre", "cinq"];
        File.WriteAllLines(path, Enumerable.Range(0, count)
            .Select(i => $"{from[i % 5]} {from[i / 5 % 5]} {from[i / 2 % 5]}\t{to[i % 5]} {to[i / 5 % 5]} {to[i / 2 % 5]}"));
    }

    /// <summary>Writes messages and their topics, a tab between.</summary>
    public static void MessageFile(string path, int count = 60)
    {
        (string Topic, string[] Words)[] topics = [("delivery", ["parcel", "where", "late"]), ("bill", ["pay", "price", "refund"])];
        File.WriteAllLines(path, Enumerable.Range(0, count).Select(i =>
        {
            var (topic, words) = topics[i % 2];
            return $"{words[i % 3]} is my {words[i / 3 % 3]} {i % 7}\t{topic}";
        }));
    }

    /// <summary>Writes a vision transformer under timm's names into a folder, with a config.json beside it.</summary>
    public static void Weights(string folder)
    {
        Directory.CreateDirectory(folder);
        using var network = new VisionTransformer(new() { ImageHeight = 8, ImageWidth = 8, Width = 64, Heads = 1, Depth = 2,
            Classes = 5 }, 1);
        using (var stream = File.Create(Path.Combine(folder, "model.safetensors"))) SafeTensors.Write(stream, ModuleState.Save(network));
        File.WriteAllText(Path.Combine(folder, "config.json"),
            """{ "architecture": "vit_tiny_patch4_8", "model_args": { "img_size": 8, "num_heads": 1 } }""");
    }

    /// <summary>Writes a text of some lines.</summary>
    public static void Book(string path, int lines = 60)
    {
        string[] words = ["one", "two", "three", "four", "five"];
        File.WriteAllLines(path, Enumerable.Range(0, lines)
            .Select(i => i % 6 == 0 ? "" : $"To be, or {words[i % 5]} to {words[i / 2 % 5]}."));
    }

    /// <summary>Saves a pipeline that reads the column File.</summary>
    public static void PictureModel(string path)
    {
        var mlContext = new MLContext(1);
        var data = mlContext.Data.LoadFromEnumerable(Pictures());
        using var model = mlContext.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(featureColumnName: "File", epochs: 1))
            .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(data);
        mlContext.Model.Save(model, data.Schema, path);
    }

    /// <summary>Messages and their topics.</summary>
    public static IDataView Messages(MLContext mlContext, string path)
    {
        MessageFile(path);
        return mlContext.Data.LoadFromTextFile<Message>(path);
    }

    /// <summary>Saves a pipeline that reads the column Text.</summary>
    public static void MessageModel(string path)
    {
        var mlContext = new MLContext(1);
        var data = Messages(mlContext, "other-messages.tsv");
        using var model = mlContext.Transforms.Conversion.MapValueToKey("Label", "Topic")
            .Append(mlContext.MulticlassClassification.Trainers.BdiaTextClassification(new BdiaTextClassificationTrainer.Options
            {
                Sentence1ColumnName = "Text", Epochs = 1, Width = 16, Heads = 2, FeedForwardWidth = 16,
            })).Fit(data);
        mlContext.Model.Save(model, data.Schema, path);
    }

    /// <summary>Saves a model that reads the column English.</summary>
    public static void TextModel(string path)
    {
        var mlContext = new MLContext(1);
        using var model = Translator();
        mlContext.Model.Save(model, null, path);
    }

    /// <summary>A model that reads the column English.</summary>
    public static BdiaSequenceToSequenceTransformer Translator()
    {
        var mlContext = new MLContext(1);
        var data = mlContext.Data.LoadFromEnumerable(
            Enumerable.Range(0, 30).Select(i => new Sentence { English = $"one {i % 7} two", French = $"un {i % 7} deux" }));
        return mlContext.SequenceToSequence.Trainers.Bdia(new BdiaSequenceToSequenceTrainer.Options
        {
            SourceColumnName = "English", TargetColumnName = "French", Epochs = 1, BleuEveryEpochs = 0,
                Width = 16, Heads = 2, FeedForwardWidth = 16, EncoderDepth = 1, DecoderDepth = 1,
        }).Fit(data);
    }

    /// <summary>Starts a service, posts a picture and something that is none, and stops it.</summary>
    public static async Task Serve(WebApplication app)
    {
        app.Urls.Add("http://127.0.0.1:0");
        await app.StartAsync();
        try
        {
            using var client = new HttpClient { BaseAddress = new Uri(app.Urls.First()) };
            using var picture = new ByteArrayContent(Pictures(1)[0].File);
            using var nothing = new ByteArrayContent([1, 2, 3]);
            var answer = await client.PostAsync("/classify", picture);
            Assert.Contains("probability", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Equal(System.Net.HttpStatusCode.BadRequest, (await client.PostAsync("/classify", nothing)).StatusCode);
        }
        finally
        {
            await app.StopAsync();
        }
    }

    /// <summary>A fault that has nothing to do with training, behind an epoch.</summary>
    public sealed class Interruption(int afterEpoch) : IProgress<TrainingProgress>
    {
        /// <inheritdoc/>
        public void Report(TrainingProgress value)
        {
            if (value.CompletedEpoch?.Epoch == afterEpoch) throw new IOException("The disk is full.");
        }
    }

    private static byte[] Png(SKColor color, int side, Random random)
    {
        using var bitmap = new SKBitmap(new SKImageInfo(side, side, SKColorType.Bgra8888, SKAlphaType.Opaque));
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
                bitmap.SetPixel(x, y, new SKColor((byte)(color.Red + random.Next(60)), (byte)random.Next(60),
                    (byte)(color.Blue + random.Next(60))));
        }

        using var data = bitmap.Encode(SKEncodedImageFormat.Png, 100);
        return data.ToArray();
    }

    private sealed class Sentence
    {
        public string English { get; set; } = "";

        public string French { get; set; } = "";
    }

    private sealed class PicturePath
    {
        public string Path { get; set; } = "";

        public string Label { get; set; } = "";

        [NoColumn]
        public byte[] File { get; set; } = [];
    }
}
