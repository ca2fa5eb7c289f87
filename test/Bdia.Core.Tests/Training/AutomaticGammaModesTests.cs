using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.SequenceToSequence;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.Training;

/// <summary>The schedule that looks, under the trainers of pictures and of texts: the same strengths and bits in every mode.</summary>
public class AutomaticGammaModesTests
{
    private static readonly TrainingOptions Options =
        new() { Epochs = 8, BatchSize = 16, LearningRate = 1e-2, Seed = 7, BestBy = ModelSelection.Loss };

    [Fact]
    public void Pictures()
        => AssertAlike(mode =>
        {
            var model = ImageClassifierTrainingTests.Tiny with { Dropout = 0.1, Stack = Stack(mode) };
            using var classifier = ImageClassifierTraining.Run(model, Options, new() { AugmentFlip = false }, new ToyImages(40),
                new Swapped(new ToyImages(20, seed: 9)), cancellation: TestContext.Current.CancellationToken);
            return (classifier.Result!, Weights.Bytes(classifier.Model));
        });

    [Fact]
    public void Pairs_of_texts()
        => AssertAlike(mode =>
        {
            var model = TranslatorTrainingTests.Tiny with { Dropout = 0.1, Stack = Stack(mode) };
            // Held back: the same words, with what they do not stand for.
            var held = new Pairs([.. Toy.Pairs(40, seed: 2).Read().Select(pair => pair with { Target = pair.Source })]);
            using var translator = TranslatorTraining.Run(model, Options, TranslatorTrainingTests.Words, Toy.Pairs(120), held,
                cancellation: TestContext.Current.CancellationToken);
            return (translator.Result!, Weights.Bytes(translator.Model));
        });

    private static BdiaStackOptions Stack(BackpropagationMode mode) => new() { Gamma = GammaSchedule.Automatic, Mode = mode };

    private static void AssertAlike(Func<BackpropagationMode, (TrainingResult Result, byte[] Bytes)> train)
    {
        var runs = Enum.GetValues<BackpropagationMode>().Select(train).ToArray();
        var strengths = runs[0].Result.History.Select(epoch => epoch.Gamma).ToArray();
        Assert.Equal("1/32", strengths[0]);
        Assert.True(strengths.Distinct().Count() > 2, string.Join(' ', strengths)); // it did move
        foreach (var (result, bytes) in runs.Skip(1))
        {
            Assert.Equal(strengths, result.History.Select(epoch => epoch.Gamma));
            Assert.Equal(runs[0].Bytes, bytes);
        }
    }

    /// <summary>Pictures under the name of the other class.</summary>
    private sealed class Swapped(IImageRows rows) : IImageRows
    {
        public IEnumerable<ImageRow> Read() => rows.Read().Select(row => row with { Label = 1 - row.Label });
    }
}
