using Bdia.Core.ImageClassification;
using Bdia.Core.Training;
using Bdia.MLNet.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.Tests.ImageClassification;

public sealed class RecipeTests
{
    [Fact]
    public void Each_sets_what_its_place_says_and_leaves_the_rest()
    {
        var none = new Options();
        Assert.Null(none.Recipe);
        foreach (var recipe in Enum.GetValues<Recipe>())
        {
            var (options, set) = (new Options(recipe), ImageRecipe.Of(recipe));
            Assert.Equal(recipe, options.Recipe);
            Assert.Equal(recipe, options.Copy().Recipe);
            Assert.Equal((set.Training.Epochs, set.Training.LabelSmoothing, set.Training.EmaDecay),
                (options.Epochs, options.LabelSmoothing, options.EmaDecay));
            Assert.Equal((set.Images.AugmentPolicy, set.Images.MixupAlpha, set.Images.CutMixAlpha, set.Images.MixProbability,
                set.Images.RandomErasing), (options.AugmentPolicy, options.MixupAlpha, options.CutMixAlpha, options.MixProbability,
                options.RandomErasing));
            Assert.Equal((set.Network?.Width, set.Network?.Depth, set.Network?.Heads, set.Network?.FeedForwardWidth),
                (options.Width, options.Depth, options.Heads, options.FeedForwardWidth));
            Assert.Equal((none.BatchSize, none.LearningRate, none.Optimizer, none.AugmentFlip, none.AugmentCropPadding, none.Precision),
                (options.BatchSize, options.LearningRate, options.Optimizer, options.AugmentFlip, options.AugmentCropPadding,
                options.Precision));
            OptionsMapping.Validate(options);
        }
    }

    [Fact]
    public void Longer_ones_take_longer_and_regularise_more()
    {
        var all = Enum.GetValues<Recipe>().Select(ImageRecipe.Of).ToArray();
        Assert.Equal(all.Select(recipe => recipe.Training.Epochs).Order(), all.Select(recipe => recipe.Training.Epochs));
        Assert.Equal(AugmentPolicy.None, all[0].Images.AugmentPolicy);
        Assert.True(all[2].Images.RandomErasing > all[1].Images.RandomErasing);
    }

    [Fact]
    public void A_name_that_is_none_is_refused()
        => Assert.Contains("There is no such recipe", Assert.Throws<ArgumentOutOfRangeException>(() => new Options((Recipe)7)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void The_log_states_it_and_what_was_set_otherwise_counts()
    {
        var mlContext = new MLContext(1);
        var log = new LogLines(mlContext);
        var options = new Options(Recipe.Best)
        {
            Epochs = 1, Width = 16, Depth = 2, Heads = 2, FeedForwardWidth = 16, PatchSize = 4, BatchSize = 8, LabelColumnName = "Label",
            FeatureColumnName = "Features",
        };
        using var model = mlContext.MulticlassClassification.Trainers.BdiaImageClassification(options)
            .Fit(ImageRows.Labelled(mlContext, ImageRows.Of(24)));
        var lines = log.Of(ChannelMessageKind.Info).ToArray();
        var line = Assert.Single(lines, line => line.Contains("Recipe Best", StringComparison.Ordinal));
        Assert.EndsWith("200 epochs, width 192, 9 blocks, label smoothing 0.1, TrivialAugment, mixup 0.8 or CutMix 1 for 50 % of images, "
            + "random erasing 0.25, stochastic depth 0.1, moving average of the weights. What was set otherwise counts.", line,
            StringComparison.Ordinal);
        Assert.Single(model.Model.Result!.History);
        Assert.Contains(lines, line => line.Contains("optimizer Muon", StringComparison.Ordinal));
    }
}
