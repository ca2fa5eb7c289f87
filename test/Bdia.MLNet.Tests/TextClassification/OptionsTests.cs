using System.Text.Json;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.TextClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Options = Bdia.MLNet.BdiaTextClassificationTrainer.Options;

namespace Bdia.MLNet.Tests.TextClassification;

public class OptionsTests
{
    // Options that steer the trainer itself and not the engine; each has a test of its own elsewhere.
    private static readonly string[] steering =
    [
        nameof(Options.LabelColumnName), nameof(Options.Sentence1ColumnName), nameof(Options.ScoreColumnName),
        nameof(Options.PredictedLabelColumnName), nameof(Options.ValidationSet), nameof(Options.CancellationToken),
        nameof(Options.Progress), nameof(Options.ScoringBatchSize), nameof(Options.Device), nameof(Options.Seed),
        nameof(Options.TokenizerFile), nameof(Options.MergesFile), nameof(Options.InitialWeights),
    ];

    public static IEnumerable<TheoryDataRow<string>> EngineOptions()
        => typeof(Options).GetFields().Select(field => field.Name).Except(steering).Select(name => new TheoryDataRow<string>(name));

    private static readonly JsonSerializerOptions withFields = new() { IncludeFields = true };

    private static string Engine(Options options) => JsonSerializer.Serialize(new
    {
        Model = TextClassificationOptionsMapping.Model(options, 3),
        TextClassificationOptionsMapping.Model(options, 3).Stack.KeptBlocks, // no part of a saved model
        Training = options.Training(1),
        Texts = TextClassificationOptionsMapping.Texts(options),
        Tokenizer = options.Tokenizer?.Size,
    }, withFields);

    [Theory]
    [MemberData(nameof(EngineOptions))]
    public void Every_option_reaches_the_engine(string name)
    {
        var field = typeof(Options).GetField(name)!;
        var changed = new Options();
        field.SetValue(changed, OtherValue.Of(field.FieldType, field.GetValue(changed)));
        if (name == nameof(Options.Depth)) changed.Depth = 7; // 2 is the default

        Assert.NotEqual(Engine(new Options()), Engine(changed));
    }

    [Fact]
    public void Defaults_are_those_of_the_engine_but_for_what_texts_need()
    {
        var options = new Options();

        Assert.Equal(TextClassificationDefaults.Training, options.Training(0));
        Assert.Equal(new TextClassificationOptions(), TextClassificationOptionsMapping.Texts(options));
        Assert.Equal(TextEncoderOptions.FromPreset(TextEncoderPreset.Compact, 1000, 3), TextClassificationOptionsMapping.Model(options, 3));
        TextClassificationOptionsMapping.Validate(options);
    }

    [Fact]
    public void A_copy_has_every_value()
    {
        var options = new Options { ClassWeights = [1, 2], Sentence2ColumnName = "B" };
        var copy = options.Copy();

        foreach (var field in typeof(Options).GetFields().Where(field => field.Name != nameof(Options.ClassWeights)))
            Assert.Equal(field.GetValue(options), field.GetValue(copy));
        Assert.Equal(options.ClassWeights, copy.ClassWeights);
        Assert.NotSame(options.ClassWeights, copy.ClassWeights);
    }

    [Fact]
    public void The_network_is_as_long_as_the_longest_row()
        => Assert.Equal(3000, TextClassificationOptionsMapping.Model(new Options { MaxTokens = 3000 }, 2).MaxLength);

    [Fact]
    public void All_faults_stand_in_one_message_and_are_told_when_the_trainer_is_made()
    {
        var options = new Options
        {
            LabelColumnName = "", Sentence2ColumnName = "", ScoreColumnName = "Sentence1", ScoringBatchSize = 0, Device = "gpu",
            VocabularySize = 7, TokenLevel = (TokenLevel)9, TokenizerFile = "absent.json", MergesFile = "absent.txt", Width = 30, Heads = 4,
            Depth = 0, FractionBits = 99, Epochs = 0, LearningRate = -1, ValidationFraction = 2, MaxTokens = 1, TokenDropout = 1,
            LongTexts = (LongTextPolicy)5, BatchSize = 0, ClassWeights = [1, -1], Resume = true, CheckpointEverySteps = 3,
        };

        var error = Assert.Throws<ArgumentException>(
            () => new MLContext().MulticlassClassification.Trainers.BdiaTextClassification(options));

        foreach (var fault in new[]
        {
            "LabelColumnName is empty", "Sentence2ColumnName is empty", "Sentence1ColumnName and ScoreColumnName are both 'Sentence1'",
            "ScoringBatchSize is 0", "Device is 'gpu'", "VocabularySize is 7", "TokenLevel is 9", "absent.json", "absent.txt",
            "Width is 30", "Depth is 0", "FractionBits is 99", "Epochs is 0", "LearningRate is -1", "ValidationFraction is 2",
            "MaxTokens is 1",
            "TokenDropout is 1", "LongTexts is 5", "BatchSize is 0", "ClassWeights[1]", "Resume", "CheckpointEverySteps is 3",
        })
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Label", "Text", "Text", "Score", "PredictedLabel")]
    [InlineData("Label", "Text", "Label", "Score", "PredictedLabel")]
    [InlineData("Label", "Text", "Other", "Other", "PredictedLabel")]
    [InlineData("Label", "Text", null, "Label", "PredictedLabel")]
    [InlineData("Label", "Text", null, "B", "B")]
    public void A_column_of_two_roles_is_refused(string label, string first, string? second, string score, string predicted)
        => Assert.Contains("they must differ", Assert.Throws<ArgumentException>(
            () => new MLContext().MulticlassClassification.Trainers.BdiaTextClassification(label, first, second, score, predicted)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Class_weights_of_another_number_than_the_classes_are_refused()
    {
        var context = new MLContext(1);
        var options = Topics.Options();
        options.ClassWeights = [1, 2];

        Assert.Contains("ClassWeights", Assert.Throws<ArgumentException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(Topics.View(context, 12))).Message,
            StringComparison.Ordinal);
    }

    // Microsoft.ML.TorchSharp's trainer: TextClassification(labelColumnName, scoreColumnName, outputColumnName, sentence1ColumnName, ...).
    [Fact]
    public void Columns_have_the_names_of_the_text_classification_that_users_of_ML_NET_know()
    {
        var options = new Options();

        Assert.Equal(("Label", "Score", "PredictedLabel", "Sentence1", null),
            (options.LabelColumnName, options.ScoreColumnName, options.PredictedLabelColumnName, options.Sentence1ColumnName,
                options.Sentence2ColumnName));
    }
}
