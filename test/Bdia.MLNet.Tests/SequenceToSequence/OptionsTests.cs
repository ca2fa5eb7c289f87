using System.Text.Json;
using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Options = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.Tests.SequenceToSequence;

public class OptionsTests
{
    // Options that steer the trainer itself and not the engine; each has a test of its own elsewhere.
    private static readonly string[] steering =
    [
        nameof(Options.SourceColumnName), nameof(Options.TargetColumnName), nameof(Options.PredictedTextColumnName),
            nameof(Options.ScoreColumnName),
        nameof(Options.PredictedTextsColumnName), nameof(Options.ScoresColumnName), nameof(Options.FinishedColumnName),
            nameof(Options.TokenLogProbabilitiesColumnName), nameof(Options.ValidationSet), nameof(Options.CancellationToken),
        nameof(Options.Progress), nameof(Options.ScoringBatchSize), nameof(Options.Device), nameof(Options.Seed),
        nameof(Options.SourceTokenizerFile), nameof(Options.SourceMergesFile), nameof(Options.TargetTokenizerFile),
            nameof(Options.TargetMergesFile), nameof(Options.InitialWeights),
    ];

    public static IEnumerable<TheoryDataRow<string>> EngineOptions()
        => typeof(Options).GetFields().Select(field => field.Name).Except(steering)
        .Select(name => new TheoryDataRow<string>(name));

    private static readonly JsonSerializerOptions withFields = new() { IncludeFields = true };

    private static string Engine(Options options) => JsonSerializer.Serialize(new
    {
        Model = SequenceOptionsMapping.Model(options),
        SequenceOptionsMapping.Model(options).Stack.KeptBlocks, // no part of a saved model
        Training = options.Training(1),
        Sequences = SequenceOptionsMapping.Sequences(options),
        Tokenizers = (options.SourceTokenizer?.Size, options.TargetTokenizer?.Size),
    }, withFields);

    [Theory]
    [MemberData(nameof(EngineOptions))]
    public void Every_option_reaches_the_engine(string name)
    {
        var field = typeof(Options).GetField(name)!;
        var changed = new Options { TieOutput = true };
        field.SetValue(changed, OtherValue.Of(field.FieldType, name is nameof(Options.TieOutput)
            or nameof(Options.ShareEmbeddings) ? null : field.GetValue(changed)));
        if (name == nameof(Options.ShareEmbeddings))
            changed.ShareEmbeddings = !SequenceOptionsMapping.Model(new Options()).ShareEmbeddings;

        Assert.NotEqual(Engine(new Options { TieOutput = true }), Engine(changed));
    }

    [Fact]
    public void Defaults_are_those_of_the_engine_but_for_what_texts_need()
    {
        var options = new Options();

        Assert.Equal(new TrainingOptions { LearningRate = 0.001, Beta2 = 0.98, LabelSmoothing = 0.1 }, options.Training(0));
        Assert.Equal(new SequenceTrainingOptions(), SequenceOptionsMapping.Sequences(options));
        Assert.Equal(EncoderDecoderOptions.FromPreset(EncoderDecoderPreset.Compact, 1000, 1000), SequenceOptionsMapping.Model(options));
    }

    [Fact]
    public void Every_default_is_valid() => SequenceOptionsMapping.Validate(new Options());

    [Fact]
    public void The_network_is_as_long_as_the_longest_text()
        => Assert.Equal(3000, SequenceOptionsMapping.Model(new Options { MaxTokens = 3000 }).MaxLength);

    [Fact]
    public void The_trainer_takes_a_copy()
    {
        var options = Sentences.Options();
        var context = new MLContext(1);
        var trainer = context.SequenceToSequence.Trainers.Bdia(options);
        options.SourceColumnName = "Elsewhere";

        Assert.Equal(6, trainer.GetOutputSchema(Shapes.Of(Sentences.View(context, 1).Schema)).Count);
    }

    [Fact]
    public void All_faults_stand_in_one_message_and_are_told_when_the_trainer_is_made()
    {
        var options = new Options
        {
            SourceColumnName = "", TargetColumnName = "", PredictedTextColumnName = "X", ScoreColumnName = "X",
                ScoringBatchSize = 0, Device = "gpu",
            VocabularySize = 7, TokenLevel = (TokenLevel)9, SourceTokenizerFile = "absent.json",
                SourceMergesFile = "absent.txt", TargetMergesFile = "alone.txt",
            Width = 30, Heads = 4, EncoderDepth = 0, FractionBits = 99, Epochs = 0, LearningRate = -1,
                ValidationFraction = 2, MaxTokens = 1, LongTexts = (LongTextPolicy)5,
            TokensPerBatch = 0, BleuEveryEpochs = -1, AverageEpochs = 0, Decoding = new DecodingOptions { BeamSize = 0, TopP = 2 },
                Resume = true, CheckpointEverySteps = 3,
        };

        var error = Assert.Throws<ArgumentException>(() => new MLContext().SequenceToSequence.Trainers.Bdia(options));

        foreach (var fault in new[]
        {
            "SourceColumnName is empty", "TargetColumnName is empty", "PredictedTextColumnName and ScoreColumnName are both 'X'",
                "ScoringBatchSize is 0", "Device is 'gpu'",
            "VocabularySize is 7", "Level is 9", "there is no such file", "absent.json", "absent.txt",
                "TargetMergesFile is 'alone.txt', but TargetTokenizerFile is null",
            "Width is 30", "EncoderDepth is 0", "FractionBits is 99", "Epochs is 0", "LearningRate is -1",
                "ValidationFraction is 2", "MaxTokens is 1", "LongTexts is 5",
            "TokensPerBatch is 0", "BleuEveryEpochs is -1", "AverageEpochs is 0", "BeamSize is 0", "TopP is 2",
                "Resume", "CheckpointEverySteps is 3",
        })
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Things_that_contradict_each_other_are_faults()
    {
        AssertFault("BestBy is Score", new Options { BestBy = ModelSelection.Score, BleuEveryEpochs = 0 });
        AssertFault("SourceColumnName and TargetColumnName are both 'A'", new Options { SourceColumnName = "A", TargetColumnName = "A" });
        AssertFault("SourceTokenizer and SourceTokenizerFile are both given",
            new Options { SourceTokenizer = TextTokenizer.Train(["a"], new(), TestContext.Current.CancellationToken),
            SourceTokenizerFile = "spm.model" });
        AssertFault("Decoding is null", new Options { Decoding = null! });
        AssertFault("Preset is 9", new Options { Preset = (EncoderDecoderPreset)9 });

        static void AssertFault(string text, Options options)
            => Assert.Contains(text, Assert.Throws<ArgumentException>(
                () => new MLContext().SequenceToSequence.Trainers.Bdia(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_SentencePiece_model_normalises_by_itself_unless_told_otherwise()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (!File.Exists(Path.Combine(folder!.FullName, "Bdia.slnx"))
            && !Directory.Exists(Path.Combine(folder.FullName, "test", "Bdia.Core.Tests")))
            folder = folder.Parent;
        // keeps extra spaces
        var file = Path.Combine(folder.FullName, "test", "Bdia.Core.Tests", "Text", "SentencePieceModels", "unigram-symbols.model");

        Assert.Equal("  a  ☃", SequenceOptionsMapping.WithTokenizers(
            new Options { SourceTokenizerFile = file }).SourceTokenizer!.Normalize("  a  ☃"));
        Assert.Equal("a ☃", SequenceOptionsMapping.WithTokenizers(
            new Options { SourceTokenizerFile = file, Normalization = new() }).SourceTokenizer!.Normalize("  a  ☃"));
    }

    private sealed class ForeignTokenizer : ITextTokenizer
    {
        public int Size => 1;

        public IReadOnlyList<int> Encode(string text) => [0];

        public string Decode(IEnumerable<int> ids) => "";
    }

    [Fact]
    public void A_tokenizer_that_cannot_be_saved_is_refused_before_training()
        => Assert.Contains(nameof(ForeignTokenizer),
            Assert.Throws<ArgumentException>(
                () => new MLContext().SequenceToSequence.Trainers.Bdia(new Options { SourceTokenizer = new ForeignTokenizer() })).Message,
                StringComparison.Ordinal);

    [Fact]
    public void The_short_overload_calls_the_long_one()
    {
        var context = new MLContext(1);
        var shape = context.SequenceToSequence.Trainers.Bdia("Target", "Source", "Text", "LogProbability")
            .GetOutputSchema(Shapes.Of(Sentences.View(context, 1).Schema));

        Assert.Equal(["Finished", "LogProbability", "Number", "Source", "Target", "Text"],
            shape.Select(column => column.Name).Order(StringComparer.Ordinal));
        Assert.Contains("Epochs is 0", Assert.Throws<ArgumentException>(() => context.SequenceToSequence.Trainers.Bdia(epochs: 0)).Message,
            StringComparison.Ordinal);
    }
}
