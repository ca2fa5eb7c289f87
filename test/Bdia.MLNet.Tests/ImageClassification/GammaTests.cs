using Bdia.Core.Reversible;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>What gamma becomes where it is left open.</summary>
public class GammaTests
{
    private static readonly GammaSchedule Usual = new BdiaStackOptions().Gamma;

    private readonly MLContext context = new(1);

    private (GammaSchedule Gamma, IEnumerable<string?> OfEpochs, bool IsTold) Fit(Action<BdiaImageClassificationTrainer.Options> change)
    {
        var log = new LogLines(context);
        var options = ImageRows.Options();
        change(options);
        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(options)
            .Fit(ImageRows.Labelled(context, ImageRows.Of(60)));
        return (model.Model.Model.Options.Stack.Gamma, model.Model.Result!.History.Select(epoch => epoch.Gamma),
            log.Of(ChannelMessageKind.Info).Any(line => line.Contains("Gamma follows what the run shows: it begins at ±1/32, and grows, "
                + "up to ±1/2, while training rows are known much better than held-back ones.", StringComparison.Ordinal)));
    }

    [Fact]
    public void Left_open_it_follows_the_run()
    {
        var (gamma, ofEpochs, isTold) = Fit(_ => { });
        Assert.Same(GammaSchedule.Automatic, gamma);
        Assert.Equal("1/32", ofEpochs.First());
        Assert.True(isTold);
    }

    [Fact]
    public void Rows_that_are_given_to_validate_on_do_as_well()
        => Assert.Same(GammaSchedule.Automatic, Fit(options =>
        {
            options.ValidationFraction = 0;
            options.ValidationSet = ImageRows.Labelled(context, ImageRows.Of(9, seed: 7));
        }).Gamma);

    [Fact]
    public void With_nothing_to_validate_on_it_is_constant()
    {
        var (gamma, ofEpochs, isTold) = Fit(options => options.ValidationFraction = 0);
        Assert.Equal(Usual, gamma);
        Assert.All(ofEpochs, Assert.Null);
        Assert.False(isTold);
    }

    [Fact]
    public void Weights_that_are_trained_keep_it_constant()
    {
        using var trained = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options())
            .Fit(ImageRows.Labelled(context, ImageRows.Of(60)));
        var (gamma, _, isTold) = Fit(options =>
        {
            options.InitialWeights = trained;
            (options.PatchSize, options.Width, options.Depth, options.Heads, options.FeedForwardWidth) = (null, null, null, null, null);
        });
        Assert.Equal(Usual, gamma);
        Assert.False(isTold);
    }

    [Fact]
    public void What_is_asked_for_stays()
    {
        var asked = GammaSchedule.Ratio(3, 8);
        var (gamma, _, isTold) = Fit(options => options.Gamma = asked);
        Assert.Equal(asked, gamma);
        Assert.False(isTold);
    }
}
