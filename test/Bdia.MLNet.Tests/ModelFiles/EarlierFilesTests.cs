using System.Globalization;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.ModelFiles;

/// <summary>
/// Files that an earlier state of the library wrote: models score as they did, runs go on from their checkpoints. See Earlier/README.md.
/// </summary>
public class EarlierFilesTests
{
    // The same bits on a processor like the one that wrote them; another one sums in another order, which is rounding alone.
    private const double Rounding = 1e-5;

    // The remaining steps of a run carry such roundings on through AdamW, whose first steps divide by small second moments.
    private const double RoundingOfARun = 2e-3;

    private readonly MLContext context = new(1);

    private IDataView Pictures => context.Data.LoadFromEnumerable(Enumerable.Range(0, 24).Select(Picture.Of).ToList());

    private IDataView Pairs => context.Data.LoadFromEnumerable(Enumerable.Range(0, 24).Select(Pair.Of).ToList());

    private static string Earlier(string name) => Path.Combine(AppContext.BaseDirectory, "ModelFiles", "Earlier", name);

    [Fact]
    public void A_classifier_scores_as_it_did()
    {
        var model = new MLContext().Model.Load(Earlier("image.zip"), out _);

        AssertProbabilities("image-scores.txt", model, Rounding);
    }

    [Fact]
    public void A_translator_writes_the_texts_that_it_wrote()
    {
        var model = new MLContext().Model.Load(Earlier("texts.zip"), out _);

        AssertTexts("texts-scores.txt", model, Rounding);
    }

    [Fact]
    public void A_classifier_s_run_goes_on_from_its_checkpoint_to_the_same_end()
    {
        using var folder = Copy("image-checkpoint");
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(new BdiaImageClassificationTrainer.Options
        {
            ImageHeight = 8,
            ImageWidth = 8,
            Channels = 1,
            PatchSize = 4,
            Width = 16,
            Depth = 3,
            Heads = 2,
            FeedForwardWidth = 32,
            Dropout = 0.1,
            StochasticDepth = 0,
            BatchSize = 8,
            MixupAlpha = 0,
            AugmentCropPadding = 0,
            AugmentFlip = false,
            ValidationFraction = 0,
            Epochs = 3,
            Seed = 5,
            LearningRate = 0.002,
            LabelSmoothing = 0.1,
            WeightDecay = 0.05,
            WarmupSteps = 2,
            ClipNorm = 1,
            CheckpointDirectory = folder.Path,
            Resume = true,
        });

        using var model = context.Transforms.Conversion.MapValueToKey("Label").Append(trainer).Fit(Pictures);

        Assert.Equal(9, model.LastTransformer.Model.Result!.Steps);
        AssertProbabilities("image-resumed-scores.txt", model, RoundingOfARun);
    }

    [Fact]
    public void A_translator_s_run_goes_on_from_its_checkpoint_to_the_same_end()
    {
        using var folder = Copy("texts-checkpoint");

        using var model = context.SequenceToSequence.Trainers.Bdia(new BdiaSequenceToSequenceTrainer.Options
        {
            VocabularySize = 280,
            SplitDigits = false, // as it was then
            BestBy = ModelSelection.Loss, // likewise
            SharedVocabulary = true,
            Width = 16,
            EncoderDepth = 2,
            DecoderDepth = 2,
            Heads = 2,
            FeedForwardWidth = 32,
            Dropout = 0.1,
            Epochs = 3,
            TokensPerBatch = 64,
            MaxTokens = 40,
            LearningRate = 0.01,
            BleuEveryEpochs = 0,
            Decoding = new() { BeamSize = 2, MaxLengthConstant = 4 },
            ScoringBatchSize = 7,
            ValidationFraction = 0,
            Seed = 5,
            WarmupSteps = 2,
            LabelSmoothing = 0.1,
            WeightDecay = 0.01,
            ClipNorm = 1,
            CheckpointDirectory = folder.Path,
            Resume = true,
        }).Fit(Pairs);

        AssertTexts("texts-resumed-scores.txt", model, RoundingOfARun);
    }

    /// <summary>Training goes on in a copy: it adds checkpoints to the folder and removes old ones.</summary>
    private static TemporaryFolder Copy(string folder)
    {
        var copy = new TemporaryFolder();
        foreach (var file in Directory.GetFiles(Earlier(folder)))
            File.Copy(file, copy.File(Path.GetFileName(file)));
        return copy;
    }

    private void AssertProbabilities(string expected, ITransformer model, double tolerance)
    {
        var scores = model.Transform(Pictures).GetColumn<float[]>("Score").ToArray();
        var lines = File.ReadAllLines(Earlier(expected));
        Assert.Equal(lines.Length, scores.Length);
        foreach (var (line, row) in lines.Zip(scores))
            Assert.All(line.Split(' ').Select(Number).Zip(row), pair => Assert.Equal(pair.First, pair.Second, tolerance));
    }

    private void AssertTexts(string expected, ITransformer model, double tolerance)
    {
        var scored = model.Transform(Pairs);
        var lines = File.ReadAllLines(Earlier(expected)).Select(line => line.Split('\t')).ToArray();
        Assert.Equal(lines.Select(line => line[1]), scored.GetColumn<string>("PredictedText"));
        Assert.All(lines.Zip(scored.GetColumn<float>("Score")), pair => Assert.Equal(Number(pair.First[0]), pair.Second, tolerance));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    private sealed class Picture
    {
        public string Label { get; set; } = "";

        [VectorType(64)]
        public float[] Features { get; set; } = [];

        public static Picture Of(int i) => new()
        {
            Label = (i % 3) switch { 0 => "bars", 1 => "dots", _ => "ramp" },
            Features = [.. Enumerable.Range(0, 64).Select(p => (float)(Value(i % 3, p) + (i * 13 + p * 29) % 40))],
        };

        private static int Value(int kind, int p) => kind switch { 0 => p % 8 % 2 * 200, 1 => p * 7 % 5 * 50, _ => p * 4 };
    }

    private sealed class Pair
    {
        private static readonly string[] words = ["one", "two", "three", "four"];

        public string Source { get; set; } = "";

        public string Target { get; set; } = "";

        public static Pair Of(int i) => new()
        {
            Source = string.Join(' ', Digits(i).Select(digit => words[digit])),
            Target = string.Join(' ', Digits(i).Select(digit => digit + 1)),
        };

        private static IEnumerable<int> Digits(int i) => Enumerable.Range(0, 2 + i % 3).Select(k => (i * 5 + k * 3) % 4);
    }
}
