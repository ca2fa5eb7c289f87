using Bdia.Core.ImageClassification;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.Reversible;
using Bdia.Core.Tests.SequenceToSequence;
using Bdia.Core.Tests.TextClassification;
using Bdia.Core.TextClassification;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Training;

/// <summary>What the caller has set up in libtorch changes no run. Alone, since a default type is the whole process's.</summary>
[Collection("Alone")]
public class CallersSettingsTests
{
    public static TheoryData<string> Settings => ["inference mode", "no gradients", "float64", "bfloat16"];

    [Theory]
    [MemberData(nameof(Settings))]
    public void Training_of_an_image_classifier_and_its_scores_are_the_same(string setting)
    {
        var expected = Run();
        using var set = Set(setting);
        Assert.Equal(expected, Run());

        static byte[] Run()
        {
            using var classifier = ImageClassifierTraining.Run(
                ImageClassifierTrainingTests.Tiny with { Dropout = 0.1, StochasticDepth = 0.1 },
                    new() { Epochs = 2, BatchSize = 16, Seed = 7, LabelSmoothing = 0.1 },
                new() { MixupAlpha = 0.2, ValidationFraction = 0.2 }, new ToyImages(40),
                    cancellation: TestContext.Current.CancellationToken);
            var scores = new float[3 * 2];
            classifier.Score([.. new ToyImages(3).Read().SelectMany(row => row.Pixels.ToArray())], 3, scores);
            return [.. Weights.Bytes(classifier.Model), .. scores.SelectMany(BitConverter.GetBytes)];
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Training_of_a_translator_and_its_texts_are_the_same(string setting)
    {
        var expected = Run();
        using var set = Set(setting);
        Assert.Equal(expected, Run());

        static byte[] Run()
        {
            using var translator = TranslatorTraining.Run(
                TranslatorTrainingTests.Tiny with { Dropout = 0.1 },
                    TranslatorTrainingTests.Short with { LabelSmoothing = 0.1, Epochs = 2 },
                TranslatorTrainingTests.Words with { BleuEveryEpochs = 1, AverageEpochs = 2 },
                    SequenceToSequence.Toy.Pairs(60), cancellation: TestContext.Current.CancellationToken);
            var texts = translator.Best("ab cd", "ef ef");
            return [.. Weights.Bytes(translator.Model), .. texts.SelectMany(System.Text.Encoding.UTF8.GetBytes)];
        }
    }

    [Theory]
    [MemberData(nameof(Settings))]
    public void Training_of_a_text_classifier_and_its_scores_are_the_same(string setting)
    {
        var expected = Run();
        using var set = Set(setting);
        Assert.Equal(expected, Run());

        static byte[] Run()
        {
            using var classifier = TextClassifierTraining.Run(ToyTexts.Tiny with { Dropout = 0.1 }, ToyTexts.Short with { Epochs = 2 },
                ToyTexts.Words with { ValidationFraction = 0.2 }, new ToyTexts(60), cancellation: TestContext.Current.CancellationToken);
            var scores = new float[2 * 2];
            classifier.Score(["ab cd", "cd ab ef"], null, scores);
            return [.. Weights.Bytes(classifier.Model), .. scores.SelectMany(BitConverter.GetBytes)];
        }
    }

    [Theory]
    [InlineData("inference mode")]
    [InlineData("no gradients")]
    public void A_trainer_with_a_task_of_the_users_own_trains_alike(string setting)
    {
        Assert.Equal(Run("float32"), Run(setting));

        static byte[] Run(string setting)
        {
            var task = new ToyTask(); // its tensors are made outside of the caller's mode
            using var net = task.Net;
            using var mode = Set(setting);
            task.Train(new() { Epochs = 2, Seed = 5 }, new ToySource(40, 8, 5));
            return Weights.Bytes(net);
        }
    }

    [Fact]
    public void A_module_made_in_inference_mode_is_refused_by_name()
    {
        using var mode = inference_mode(true);
        var task = new ToyTask();
        using var net = task.Net;
        var error = Assert.Throws<ArgumentException>(() => task.Train(new() { Epochs = 1 }, new ToySource(40, 8, 5)));
        Assert.StartsWith("Parameter fc1 cannot be written to", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pass_in_inference_mode_leaves_nothing_behind_that_training_could_not_use()
    {
        using var scope = NewDisposeScope();
        using var stack = Stacks.Of(4, 8, new());
        using (inference_mode(true)) stack.forward(Stacks.Normal(3, 2, 5, 8));
        stack.forward(Stacks.Normal(3, 2, 5, 8)).sum().backward();
        Assert.Null(stack.BackwardFault);
    }

    private static IDisposable Set(string setting) => setting switch
    {
        "inference mode" => inference_mode(true),
        "no gradients" => no_grad(),
        _ => new DefaultType(Enum.Parse<ScalarType>(setting, ignoreCase: true)),
    };

    private sealed class DefaultType : IDisposable
    {
        private readonly ScalarType before = get_default_dtype();

        public DefaultType(ScalarType type) => set_default_dtype(type);

        public void Dispose() => set_default_dtype(before);
    }
}
