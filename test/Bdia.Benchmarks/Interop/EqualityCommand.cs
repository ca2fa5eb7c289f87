using System.CommandLine;
using System.IO.Compression;
using Bdia.Data.Files;
using Bdia.MLNet;
using Bdia.Samples.OnnxTranslation;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.OnnxRuntime;

namespace Bdia.Benchmarks.Interop;

/// <summary>
/// Trains a model and holds what it gives against what its ONNX files give: CIFAR-10's test pictures through Transform, ApplyOnnxModel and
/// ONNX Runtime, and texts through the sample.
/// </summary>
internal static class EqualityCommand
{
    private const int Channels = 3, Side = 32, Pixels = Channels * Side * Side, Classes = 10, Batch = 64;

    public static Command Command()
    {
        var pictures = new Option<string?>("--pictures") { Description = "Folder of CIFAR-10 in binary form." };
        var texts = new Option<string?>("--texts")
        {
            Description = "Folder with train.en.gz, train.fr.gz and test_2016_flickr.en.gz (Multi30k).",
        };
        var trainRows = new Option<int>("--train-rows") { Description = "Rows to train on.", DefaultValueFactory = _ => 5000 };
        var rows = new Option<int>("--rows") { Description = "Pictures and texts at most.", DefaultValueFactory = _ => 10_000 };
        var epochs = new Option<int>("--epochs") { Description = "Of either training.", DefaultValueFactory = _ => 3 };
        var command = new Command("equality", "What stays equal of a model that goes to ONNX.")
        {
            pictures, texts, trainRows, rows, epochs,
        };
        command.SetAction(parse =>
        {
            var (count, train, rounds) = (parse.GetValue(rows), parse.GetValue(trainRows), parse.GetValue(epochs));
            var folder = Directory.CreateTempSubdirectory("bdia-equality-");
            try
            {
                if (parse.GetValue(pictures) is { } cifar) ComparePictures(cifar, folder.FullName, train, count, rounds);
                if (parse.GetValue(texts) is { } pairs) CompareTexts(pairs, folder.FullName, train, count, rounds);
            }
            finally
            {
                folder.Delete(recursive: true);
            }
        });
        return command;
    }

    private static void ComparePictures(string data, string folder, int trainRows, int count, int epochs)
    {
        var mlContext = new MLContext(seed: 1);
        using var model = mlContext.MulticlassClassification.Trainers
            .BdiaImageClassification(new BdiaImageClassificationTrainer.Options { FeatureColumnName = "image", Epochs = epochs })
            .Fit(mlContext.Data.LoadFromEnumerable(Read(data, "data_batch_*", trainRows)));
        var path = Path.Combine(folder, "model.onnx");
        model.SaveOnnx(path);
        var rows = Read(data, "test_batch*", count);
        var view = mlContext.Data.LoadFromEnumerable(rows);
        var ours = Scores(model.Transform(view), "Score");
        var applied = Scores(mlContext.Transforms.ApplyOnnxModel("probabilities", "image", path,
            new Dictionary<string, int[]> { ["image"] = [1, Channels, Side, Side] }).Fit(view).Transform(view), "probabilities");
        using var session = new InferenceSession(path);
        using var run = new RunOptions();
        var direct = rows.Chunk(Batch).SelectMany(chunk =>
        {
            using var image = OrtValue.CreateTensorValueFromMemory(
                chunk.SelectMany(row => row.Pixels).ToArray(), [chunk.Length, Channels, Side, Side]);
            using var results = session.Run(run, ["image"], [image], ["probabilities"]);
            return results[0].GetTensorDataAsSpan<float>().ToArray().Chunk(Classes);
        }).ToArray();

        var right = ours.Zip(rows).Count(pair => Best(pair.First) == pair.Second.Label);
        Console.WriteLine($"{rows.Length} test pictures of CIFAR-10, {trainRows} training rows, {epochs} epochs, "
            + $"{100.0 * right / rows.Length:F1} % right. {Machine.Describe()}");
        Console.WriteLine();
        var table = new MarkdownTable("through", "labels other than Transform's", "largest difference of a probability");
        Compare("ApplyOnnxModel", applied);
        Compare("ONNX Runtime, batch 64", direct);
        Console.WriteLine(table);

        void Compare(string way, float[][] theirs)
        {
            var others = Enumerable.Range(0, rows.Length).Where(i => Best(ours[i]) != Best(theirs[i])).ToArray();
            var largest = ours.Zip(theirs).Max(pair => pair.First.Zip(pair.Second, (a, b) => Math.Abs((double)a - b)).Max());
            table.Add(way, $"{others.Length}", $"{largest:0.0e0}");
            foreach (var i in others)
            {
                float[] best = [.. ours[i].OrderDescending().Take(2)];
                Console.WriteLine($"near-tie: picture {i}, the two most probable classes {best[0]:F5} and {best[1]:F5}");
            }
        }
    }

    private static void CompareTexts(string data, string folder, int trainRows, int count, int epochs)
    {
        var mlContext = new MLContext(seed: 1);
        var pairs = Lines(data, "train.en.gz").Zip(Lines(data, "train.fr.gz")).Take(trainRows)
            .Select(pair => new Pair { Source = pair.First, Target = pair.Second });
        using var model = mlContext.SequenceToSequence.Trainers
            .Bdia(new BdiaSequenceToSequenceTrainer.Options { Epochs = epochs, BleuEveryEpochs = 0 })
            .Fit(mlContext.Data.LoadFromEnumerable(pairs));
        model.SaveOnnx(folder);
        var texts = Lines(data, "test_2016_flickr.en.gz").Take(count).ToArray();
        using var sample = OnnxTranslator.Open(folder);

        Console.WriteLine($"{texts.Length} texts of Multi30k, English to French, {trainRows} training rows, {epochs} epochs. "
            + Machine.Describe());
        Console.WriteLine();
        var table = new MarkdownTable("search", "texts other than the model's", "different texts");
        foreach (var beam in (int[])[1, 4])
        {
            var ours = model.Model.Translate(texts, model.Decoding with { BeamSize = beam });
            var theirs = texts.Chunk(Batch).SelectMany(chunk => sample.Translate(chunk, beam)).ToArray();
            var others = Enumerable.Range(0, texts.Length).Where(i => ours[i][0].Text != theirs[i]).ToArray();
            table.Add(beam == 1 ? "greedy" : $"beam of {beam}", $"{others.Length}", $"{theirs.Distinct().Count()}");
            foreach (var i in others) Console.WriteLine($"other text {i}: '{ours[i][0].Text}' and '{theirs[i]}'");
        }

        Console.WriteLine(table);
    }

    private static int Best(float[] scores) => Array.IndexOf(scores, scores.Max());

    private static float[][] Scores(IDataView scored, string column)
        => [.. scored.GetColumn<float[]>(scored.Schema[column])];

    private static Row[] Read(string folder, string files, int count)
    {
        var rows = new List<Row>();
        var record = new byte[1 + Pixels];
        foreach (var file in Directory.GetFiles(folder, files).Order(StringComparer.Ordinal))
        {
            using var stream = File.OpenRead(file);
            using Stream content = file.EndsWith(".gz", StringComparison.Ordinal)
                ? new GZipStream(stream, CompressionMode.Decompress) : stream;
            while (rows.Count < count && content.ReadAtLeast(record, record.Length, throwOnEndOfStream: false) == record.Length)
                rows.Add(new Row { Pixels = [.. record.Skip(1).Select(value => (float)value)], Label = record[0] });
        }

        return rows.Count > 0 ? [.. rows] : throw new InvalidDataException($"{folder} has no pictures in files {files}.");
    }

    private static List<string> Lines(string folder, string file) => TextFile.Lines(Path.Combine(folder, file));

    private sealed class Row
    {
        [ColumnName("image")]
        [VectorType(Channels, Side, Side)]
        public float[] Pixels { get; set; } = [];

        [KeyType(Classes)] // as a program hands it over, it counts from 0
        public uint Label { get; set; }
    }

    private sealed class Pair
    {
        public string Source { get; set; } = "";

        public string Target { get; set; } = "";
    }
}
