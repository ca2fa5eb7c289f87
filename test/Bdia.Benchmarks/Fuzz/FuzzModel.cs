using Bdia.Core.Decoding;
using Bdia.Core.Text;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>A saved model whose file is altered, and what it answers while it is whole.</summary>
/// <param name="Name">What it is of.</param>
/// <param name="File">The file.</param>
/// <param name="Answer">Scores a few rows with a loaded model, as one text with every bit.</param>
internal sealed record FuzzModel(string Name, byte[] File, Func<ITransformer, string> Answer)
{
    private const int Side = 8, Rows = 24;

    /// <summary>A tiny vision transformer behind a table of labels.</summary>
    public static FuzzModel Pictures()
    {
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => new PictureRow
        {
            Name = i % 2 == 0 ? "dark" : "light",
            Features = [.. Enumerable.Range(0, 3 * Side * Side).Select(j => (i % 2 * 100) + ((i + j) * 7919 % 50f))],
        }));
        using var model = context.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(
            new BdiaImageClassificationTrainer.Options { Epochs = 1, PatchSize = 4, Width = 8, Depth = 1,
                Heads = 2, FeedForwardWidth = 8, BatchSize = 12, Seed = 1 })).Fit(data);
        return new FuzzModel("pictures", Saved(context, model, data.Schema), Answer);

        string Answer(ITransformer loaded)
            => string.Join(' ', context.Data.CreateEnumerable<PictureAnswer>(loaded.Transform(context.Data.TakeRows(data, 3)),
                reuseRowObject: false)
                .SelectMany(row => row.Score.Select(
                    score => BitConverter.SingleToUInt32Bits(score).ToString("x8", System.Globalization.CultureInfo.InvariantCulture))
                    .Append($"{row.PredictedLabel}")));
    }

    /// <summary>A tiny encoder-decoder with a byte-pair tokenizer.</summary>
    public static FuzzModel Texts()
    {
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Rows).Select(i => new TextRow { Source = $"a{i % 5} b", Target = $"b a{i % 5}" }));
        using var model = context.SequenceToSequence.Trainers.Bdia(new BdiaSequenceToSequenceTrainer.Options
        {
            Epochs = 1, Width = 8, EncoderDepth = 1, DecoderDepth = 1, Heads = 2, FeedForwardWidth = 8,
                BleuEveryEpochs = 0, TokenLevel = TokenLevel.BytePair, VocabularySize = 270, Seed = 1,
        }).Fit(data);
        return new FuzzModel("texts", Saved(context, model, data.Schema), Answer);

        string Answer(ITransformer loaded)
        {
            // what was altered may ask for 10,000
            loaded.Part<BdiaSequenceToSequenceTransformer>().Decoding =
                new DecodingOptions { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 4 };
            return string.Join(' ', context.Data.CreateEnumerable<TextAnswer>(loaded.Transform(context.Data.TakeRows(data, 2)),
                reuseRowObject: false)
                .Select(row => $"{row.PredictedText} {BitConverter.SingleToUInt32Bits(row.Score):x8}"));
        }
    }

    private static byte[] Saved(MLContext context, ITransformer model, DataViewSchema schema)
    {
        using var stream = new MemoryStream();
        context.Model.Save(model, schema, stream);
        return stream.ToArray();
    }

    private sealed class PictureRow
    {
        public string Name { get; set; } = "";

        [VectorType(3, Side, Side)]
        public float[] Features { get; set; } = [];
    }

    private sealed class PictureAnswer
    {
        public float[] Score { get; set; } = [];

        public uint PredictedLabel { get; set; }
    }

    private sealed class TextRow
    {
        public string Source { get; set; } = "";

        public string Target { get; set; } = "";
    }

    private sealed class TextAnswer
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }
    }
}
