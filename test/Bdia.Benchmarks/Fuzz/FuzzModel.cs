using Bdia.Core.Decoding;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.MLNet;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.Benchmarks.Fuzz;

/// <summary>Saved models whose files are altered: loaded, and asked for a few rows.</summary>
internal static class FuzzModel
{
    private static readonly string[] products = ["at Bdia.MLNet.", "at Bdia.Core."];

    private const int Side = 8, Rows = 24;

    /// <summary>A tiny vision transformer behind a table of labels.</summary>
    public static FuzzSubject Pictures()
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
        return new("pictures", Saved(context, model, data.Schema), Alterations.OfModels, file => Open(file, Answer));

        string Answer(ITransformer loaded)
            => string.Join(' ', context.Data.CreateEnumerable<PictureAnswer>(loaded.Transform(context.Data.TakeRows(data, 3)),
                reuseRowObject: false)
                .SelectMany(row => row.Score.Select(
                    score => BitConverter.SingleToUInt32Bits(score).ToString("x8", System.Globalization.CultureInfo.InvariantCulture))
                    .Append($"{row.PredictedLabel}")));
    }

    /// <summary>A tiny encoder-decoder with a byte-pair tokenizer.</summary>
    public static FuzzSubject Texts()
    {
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Rows).Select(i => new TextRow { Source = $"a{i % 5} b", Target = $"b a{i % 5}" }));
        using var model = context.SequenceToSequence.Trainers.Bdia(new BdiaSequenceToSequenceTrainer.Options
        {
            Epochs = 1, Width = 8, EncoderDepth = 1, DecoderDepth = 1, Heads = 2, FeedForwardWidth = 8,
                BleuEveryEpochs = 0, TokenLevel = TokenLevel.BytePair, VocabularySize = 270, Seed = 1,
        }).Fit(data);
        return new("texts", Saved(context, model, data.Schema), Alterations.OfModels, file => Open(file, Answer));

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

    /// <summary>A tiny text encoder behind a table of labels.</summary>
    public static FuzzSubject Topics()
    {
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(
            Enumerable.Range(0, Rows).Select(i => new TopicRow
            {
                Text = $"a{i % 5} {(i % 2 == 0 ? "b" : "c")}", Name = i % 2 == 0 ? "b" : "c",
            }));
        using var model = context.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(context.MulticlassClassification.Trainers.BdiaTextClassification(new BdiaTextClassificationTrainer.Options
            {
                Sentence1ColumnName = "Text", Epochs = 1, Width = 8, Depth = 1, Heads = 2, FeedForwardWidth = 8, BatchSize = 12,
                TokenLevel = TokenLevel.BytePair, VocabularySize = 270, Seed = 1,
            })).Fit(data);
        return new("topics", Saved(context, model, data.Schema), Alterations.OfModels, file => Open(file, Answer));

        string Answer(ITransformer loaded)
            => string.Join(' ', context.Data.CreateEnumerable<PictureAnswer>(loaded.Transform(context.Data.TakeRows(data, 3)),
                reuseRowObject: false)
                .SelectMany(row => row.Score.Select(
                    score => BitConverter.SingleToUInt32Bits(score).ToString("x8", System.Globalization.CultureInfo.InvariantCulture))
                    .Append($"{row.PredictedLabel}")));
    }

    /// <summary>A tiny language model with a byte-pair tokenizer.</summary>
    public static FuzzSubject Writing()
    {
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(Enumerable.Range(0, Rows).Select(i => new WritingRow { Text = $"a{i % 5} b c" }));
        using var model = context.TextGeneration.Trainers.Bdia(new BdiaTextGenerationTrainer.Options
        {
            Epochs = 1, Width = 8, Depth = 1, Heads = 2, FeedForwardWidth = 8, MaxTokens = 16, TokenLevel = TokenLevel.BytePair,
            VocabularySize = 270, Seed = 1,
        }).Fit(data);
        return new("writing", Saved(context, model, data.Schema), Alterations.OfModels, file => Open(file, Answer));

        string Answer(ITransformer loaded)
        {
            // what was altered may ask for 10,000
            loaded.Part<BdiaTextGenerationTransformer>().Decoding =
                new DecodingOptions { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = 4 };
            return string.Join(' ', context.Data.CreateEnumerable<TextAnswer>(loaded.Transform(context.Data.TakeRows(data, 2)),
                reuseRowObject: false)
                .Select(row => $"{row.PredictedText} {BitConverter.SingleToUInt32Bits(row.Score):x8}"));
        }
    }

    /// <summary>Loads a file in a bare context, and scores with what loads.</summary>
    /// <param name="file">The model file.</param>
    /// <param name="answer">Scores a few rows, as one text with every bit.</param>
    private static FuzzOutcome Open(byte[] file, Func<ITransformer, string> answer)
    {
        ITransformer loaded;
        try
        {
            loaded = new MLContext().Model.Load(new MemoryStream(file), out _);
        }
        catch (Exception fault)
        {
            var cause = fault.GetBaseException();
            if (cause is InvalidDataException && cause.Message.Contains("'Model.", StringComparison.Ordinal))
                return FuzzOutcome.Of("refused, entry named", cause);
            return products.Any(name => Trace(fault).Contains(name, StringComparison.Ordinal)) ? FuzzOutcome.NotAsPromised(cause)
                : FuzzOutcome.Of("refused by ML.NET before our loader", cause);
        }

        try
        {
            return FuzzOutcome.Answered(answer(loaded));
        }
        // What a model asks for that was altered: another column, a state beyond the grid, the other answers are too many to name.
        catch (Exception fault) when (fault.GetBaseException() is ArgumentException or InvalidDataException
            or ReversibilityException or InvalidOperationException or NotFiniteNumberException)
        {
            return FuzzOutcome.Of("loaded, scoring refused with a documented exception", fault.GetBaseException());
        }
        catch (Exception fault)
        {
            return FuzzOutcome.NotAsPromised(fault.GetBaseException());
        }
        finally
        {
            (loaded as IDisposable)?.Dispose();
        }
    }

    private static string Trace(Exception? fault) => fault is null ? "" : fault.StackTrace + Trace(fault.InnerException);

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

    private sealed class TopicRow
    {
        public string Text { get; set; } = "";

        public string Name { get; set; } = "";
    }

    private sealed class WritingRow
    {
        public string Text { get; set; } = "";
    }

    private sealed class TextAnswer
    {
        public string PredictedText { get; set; } = "";

        public float Score { get; set; }
    }
}
