using Bdia.Core.Models;
using Bdia.Core.Training;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.TextClassification;
using Bdia.MLNet.TextGeneration;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Classification = Bdia.MLNet.BdiaTextClassificationTrainer.Options;
using Generation = Bdia.MLNet.BdiaTextGenerationTrainer.Options;
using Translation = Bdia.MLNet.BdiaSequenceToSequenceTrainer.Options;

namespace Bdia.MLNet.Tests.Texts;

/// <summary>Recipes of the three trainers of texts; those of pictures have tests of their own.</summary>
public sealed class TextRecipeTests
{
    public static TheoryData<Recipe> Recipes => [.. Enum.GetValues<Recipe>()];

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Each_sets_what_its_place_says_and_leaves_the_rest(Recipe recipe)
    {
        var (translation, sequence) = (new Translation(recipe), SequenceRecipe.Of(recipe));
        Equal(sequence.Training, translation);
        Assert.Equal((sequence.Sequences.Tokenizer.VocabularySize, sequence.Sequences.TokensPerBatch, sequence.Sequences.AverageEpochs,
            sequence.Sequences.Decoding, sequence.Dropout, true), (translation.VocabularySize, translation.TokensPerBatch,
            translation.AverageEpochs, translation.Decoding, translation.Dropout, translation.ShareEmbeddings));
        var none = new Translation();
        Assert.Equal((none.Preset, none.MaxTokens, none.Normalization, none.Beta2, none.BestBy, none.SplitDigits),
            (translation.Preset, translation.MaxTokens, translation.Normalization, translation.Beta2, translation.BestBy,
            translation.SplitDigits));
        SequenceOptionsMapping.Validate(translation);

        var (classification, classes) = (new Classification(recipe), TextClassificationRecipe.Of(recipe));
        Equal(classes.Training, classification);
        Assert.Equal((classes.Preset, classes.Dropout), (classification.Preset, classification.Dropout));
        Assert.Equal((new Classification().TokenDropout, new Classification().VocabularySize),
            (classification.TokenDropout, classification.VocabularySize));
        TextClassificationOptionsMapping.Validate(classification);

        var (generation, text) = (new Generation(recipe), GenerationRecipe.Of(recipe));
        Equal(text.Training, generation);
        Assert.Equal((text.Preset, text.Dropout), (generation.Preset, generation.Dropout));
        Assert.Equal(new Generation().Decoding, generation.Decoding);
        GenerationOptionsMapping.Validate(generation);

        Assert.Equal([recipe, recipe, recipe], new[] { translation.Copy().Recipe, classification.Copy().Recipe, generation.Copy().Recipe });

        static void Equal(TrainingOptions set, BdiaTrainerOptions options)
            => Assert.Equal(set with { Seed = 0, ValidateEveryEpochs = 1 }, options.Training(0));
    }

    [Fact]
    public void The_best_for_translation_is_the_published_one_for_small_sets()
    {
        var options = new Translation(Recipe.Best);

        Assert.Equal((0.3, 0.1, 10_000, 8192, 10, 5), (options.Dropout, options.LabelSmoothing, options.VocabularySize,
            options.TokensPerBatch * options.AccumulationSteps, options.AverageEpochs, options.Decoding.BeamSize));
        Assert.Equal((LearningRateSchedule.InverseSquareRoot, 0.25, 5e-3, 0.0, 25.0, 0.98), (options.LearningRateSchedule,
            options.WarmupFraction, options.LearningRate, options.WeightDecay, options.ClipNorm, options.Beta2));
        Assert.Equal(EncoderDecoderPreset.Compact, options.Preset);
    }

    [Fact]
    public void What_classes_have_in_balance_is_what_they_have_anyway()
        => Assert.Equal(new Classification().Training(0), new Classification(Recipe.Balanced).Training(0));

    [Fact]
    public void Longer_ones_take_longer()
    {
        foreach (var of in new Func<Recipe, TrainingOptions>[] { recipe => SequenceRecipe.Of(recipe).Training,
            recipe => TextClassificationRecipe.Of(recipe).Training, recipe => GenerationRecipe.Of(recipe).Training })
        {
            var epochs = Enum.GetValues<Recipe>().Select(recipe => of(recipe).Epochs).ToArray();
            Assert.Equal(epochs.Order().Distinct(), epochs);
        }
    }

    [Fact]
    public void A_name_that_is_none_is_refused()
    {
        foreach (var make in new Action[] { () => _ = new Translation((Recipe)7), () => _ = new Classification((Recipe)7),
            () => _ = new Generation((Recipe)7) })
            Assert.Contains("There is no such recipe; choose Fast, Balanced or Best.",
                Assert.Throws<ArgumentOutOfRangeException>(make).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_log_states_it_and_what_was_set_otherwise_counts()
    {
        var mlContext = new MLContext(1);
        var log = new LogLines(mlContext);
        var translation = new Translation(Recipe.Best)
        {
            Epochs = 2, Width = 16, EncoderDepth = 1, DecoderDepth = 1, Heads = 2, FeedForwardWidth = 16, VocabularySize = 300,
        };
        using var translator = mlContext.SequenceToSequence.Trainers.Bdia(translation).Fit(Sentences.View(mlContext, 24));
        Assert.EndsWith("Recipe Best: 120 epochs, label smoothing 0.1, at most 10,000 tokens, embedded alike on both sides, dropout 0.3, "
            + "InverseSquareRoot from 0.005 after a warm-up of 25 %, weight decay 0, 8,192 tokens in a step, gradients clipped at 25, the "
            + "weights of the last 10 epochs averaged, a beam of 5. What was set otherwise counts.", Line(), StringComparison.Ordinal);
        Assert.Equal((2, true, 0.3), (translator.Model.Result!.History.Count, translator.Model.Model.Options.ShareEmbeddings,
            translator.Model.Model.Options.Dropout));

        log = new LogLines(mlContext);
        var topics = new Classification(Recipe.Best) { Sentence1ColumnName = "Text", Epochs = 1, Width = 16, Depth = 1, Heads = 2,
            FeedForwardWidth = 16 };
        using var classifier = mlContext.MulticlassClassification.Trainers.BdiaTextClassification(topics).Fit(Topics.View(mlContext, 24));
        Assert.EndsWith("Recipe Best: 100 epochs, network Small, label smoothing 0.1, dropout 0.3, learning rate 0.0005, moving average of "
            + "the weights. What was set otherwise counts.", Line(), StringComparison.Ordinal);

        log = new LogLines(mlContext);
        var countings = new Generation(Recipe.Best) { Epochs = 1, Width = 16, Depth = 1, Heads = 2, FeedForwardWidth = 16 };
        using var writer = mlContext.TextGeneration.Trainers.Bdia(countings).Fit(Countings.View(mlContext, 24));
        Assert.EndsWith("Recipe Best: 80 epochs, network Small, dropout 0.2, moving average of the weights. What was set otherwise counts.",
            Line(), StringComparison.Ordinal);

        string Line() => log.Of(ChannelMessageKind.Info).Last(line => line.Contains("Recipe ", StringComparison.Ordinal));
    }
}
