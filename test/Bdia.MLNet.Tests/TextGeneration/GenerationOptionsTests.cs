using System.Text.Json;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.TextGeneration;
using Microsoft.ML;
using Options = Bdia.MLNet.BdiaTextGenerationTrainer.Options;

namespace Bdia.MLNet.Tests.TextGeneration;

public class GenerationOptionsTests
{
    // Options that steer the trainer itself and not the engine; each has a test of its own elsewhere.
    private static readonly string[] steering =
    [
        nameof(Options.TextColumnName), nameof(Options.PromptColumnName), nameof(Options.PredictedTextColumnName),
        nameof(Options.ScoreColumnName), nameof(Options.PredictedTextsColumnName), nameof(Options.ScoresColumnName),
        nameof(Options.FinishedColumnName), nameof(Options.TokenLogProbabilitiesColumnName), nameof(Options.ValidationSet),
        nameof(Options.CancellationToken), nameof(Options.Progress), nameof(Options.ScoringBatchSize), nameof(Options.Device),
        nameof(Options.Seed), nameof(Options.TokenizerFile), nameof(Options.MergesFile),
        nameof(Options.InitialWeights),
    ];

    public static IEnumerable<TheoryDataRow<string>> EngineOptions()
        => typeof(Options).GetFields().Select(field => field.Name).Except(steering).Select(name => new TheoryDataRow<string>(name));

    private static readonly JsonSerializerOptions withFields = new() { IncludeFields = true };

    private static string Engine(Options options) => JsonSerializer.Serialize(new
    {
        Model = GenerationOptionsMapping.Model(options),
        GenerationOptionsMapping.Model(options).Stack.KeptBlocks, // no part of a saved model
        Training = options.Training(1),
        Generation = GenerationOptionsMapping.Generation(options),
        Tokenizer = options.Tokenizer?.Size,
    }, withFields);

    [Theory]
    [MemberData(nameof(EngineOptions))]
    public void Every_option_reaches_the_engine(string name)
    {
        var field = typeof(Options).GetField(name)!;
        var changed = new Options();
        field.SetValue(changed, OtherValue.Of(field.FieldType, field.GetValue(changed)));

        Assert.NotEqual(Engine(new Options()), Engine(changed));
    }

    [Fact]
    public void Defaults_are_those_of_the_engine()
    {
        var options = new Options();

        Assert.Equal(new TrainingOptions { Epochs = 20, LearningRate = 0.001, Beta2 = 0.98, BestBy = ModelSelection.Loss },
            options.Training(0));
        Assert.Equal(new GenerationTrainingOptions().Decoding, GenerationOptionsMapping.Generation(options).Decoding);
        Assert.False(GenerationOptionsMapping.Generation(options).TokenizerTraining.Normalization.CollapseWhiteSpace);
        Assert.Equal(LanguageModelOptions.FromPreset(LanguageModelPreset.Compact, 1000), GenerationOptionsMapping.Model(options));
        GenerationOptionsMapping.Validate(options);
    }

    [Fact]
    public void All_faults_stand_in_one_message_and_are_told_when_the_trainer_is_made()
    {
        var options = new Options
        {
            TextColumnName = "", PromptColumnName = "X", PredictedTextColumnName = "X", ScoreColumnName = "X", ScoringBatchSize = 0,
            Device = "gpu", VocabularySize = 7, TokenizerFile = "absent.json", MergesFile = "absent.txt", Width = 30, Heads = 4, Depth = 0,
            Epochs = 0, MaxTokens = 9, TokensPerBatch = 0, BestBy = ModelSelection.Score, Decoding = new() { TopK = 3 },
        };

        var error = Assert.Throws<ArgumentException>(() => new MLContext().TextGeneration.Trainers.Bdia(options));

        foreach (var fault in new[]
        {
            "TextColumnName is empty", "PredictedTextColumnName and ScoreColumnName are both 'X'",
            "PredictedTextColumnName and PromptColumnName are both 'X'", "ScoringBatchSize is 0", "Device is 'gpu'", "VocabularySize is 7",
            "TokenizerFile is 'absent.json'", "MergesFile is 'absent.txt'", "Width is 30", "Depth is 0", "Epochs is 0",
            "TokensPerBatch is 0",
            "BestBy is Score", "TopK is 3",
        })
            Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_ready_tokenizer_and_its_files_are_taken()
    {
        var context = new MLContext(1);
        using var folder = new TemporaryFolder();
        var tokenizer = TextTokenizer.Train(["0 1 2 3 4 5 6 7 8 9", "1 2 3 4"], new() { VocabularySize = 300 },
            TestContext.Current.CancellationToken);
        TextTokenizer.ExportBytePair(tokenizer, folder.File("vocab.json"), folder.File("merges.txt"));
        var options = Countings.Options(1);
        (options.TokenizerFile, options.MergesFile) = (folder.File("vocab.json"), folder.File("merges.txt"));
        using var byFile = context.TextGeneration.Trainers.Bdia(options).Fit(Countings.View(context, 9));
        (options.TokenizerFile, options.MergesFile, options.Tokenizer) = (null, null, tokenizer);
        using var byObject = context.TextGeneration.Trainers.Bdia(options).Fit(Countings.View(context, 9));

        Assert.Equal(tokenizer.Encode("3 4 5"), byFile.Model.Tokenizer.Encode("3 4 5"));
        Assert.Same(tokenizer, byObject.Model.Tokenizer);
    }
}
