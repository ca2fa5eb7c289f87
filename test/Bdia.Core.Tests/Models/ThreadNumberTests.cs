using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.Training;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

/// <summary>How many threads compute a step is nobody's business but the clock's (docs/decisions/rows-of-a-step.md).</summary>
[Collection("Alone")] // sets the number of threads of the whole process
public sealed class ThreadNumberTests : IDisposable
{
    private readonly int before;

    public ThreadNumberTests()
    {
        BdiaRuntime.EnsureLoaded();
        Assert.SkipUnless(DirectProducts.Serve(ScalarType.Float32), "Only Linux has products that stay with their thread.");
        before = BdiaRuntime.Threads;
    }

    public void Dispose() => BdiaRuntime.Threads = before;

    [Theory]
    [InlineData(ComputePrecision.Float32, BackpropagationMode.Reversible, 16)]
    [InlineData(ComputePrecision.Float32, BackpropagationMode.StoreActivations, 33)]
    [InlineData(ComputePrecision.Float32, BackpropagationMode.Checkpointed, 300)]
    [InlineData(ComputePrecision.BFloat16, BackpropagationMode.Reversible, 33)]
    public void Pictures_give_the_same_bits_on_one_thread_and_on_three(ComputePrecision precision, BackpropagationMode mode, int images)
    {
        if (precision == ComputePrecision.BFloat16)
            Assert.SkipUnless(DirectProducts.Serve(ScalarType.BFloat16), "This processor has no products of bfloat16.");
        var options = VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, 32, 32, 3, 10) with
        {
            Precision = precision, Dropout = 0.1, Stack = new() { Mode = mode, Gamma = GammaSchedule.Exponent(1) },
        };
        PicturesAreTheSame(options, images);
    }

    [Fact]
    public void So_do_wide_layers_whose_sums_are_long()
        => PicturesAreTheSame(ImageClassifierTrainingTests.Tiny with { Width = 512, Depth = 2, Heads = 4, FeedForwardWidth = 2048 }, 17);

    [Fact]
    public void Translations_give_the_same_bits_on_one_thread_and_on_three()
    {
        const int texts = 24, tokens = 30, vocabulary = 1200;
        var options = EncoderDecoderOptions.FromPreset(EncoderDecoderPreset.Compact, vocabulary, vocabulary);
        AreTheSame(() => new EncoderDecoder(options, seed: 3), network =>
        {
            using var generator = new Generator(5);
            Tensor source = randint(SpecialTokens.Count, vocabulary, [texts, tokens], int64, generator: generator),
                target = randint(SpecialTokens.Count, vocabulary, [texts, tokens], int64, generator: generator);
            source.narrow(0, 0, texts / 2).narrow(1, tokens / 2, tokens / 2).Fill(SpecialTokens.Padding);
            var states = network.Decode(target, network.Encode(source), source);
            using var loss = OutputLoss.Mean(states.flatten(0, 1), network.Output, [.. target.data<long>().Select(id => (int)id)],
                SpecialTokens.Padding, smoothing: 0.1);
            loss.Value.backward();
            return loss.Value.item<float>();
        });
    }

    [Fact]
    public void A_run_ends_with_the_same_weights_on_one_thread_and_on_three()
    {
        var model = ImageClassifierTrainingTests.Tiny with { Width = 64, PatchSize = 2, Heads = 2, FeedForwardWidth = 96 };
        var training = new TrainingOptions { Epochs = 2, BatchSize = 32, LearningRate = 1e-3, Seed = 7, ClipNorm = 1 };

        Assert.Equal(Trained(1), Trained(3));

        byte[] Trained(int threads)
        {
            BdiaRuntime.Threads = threads;
            using var classifier = ImageClassifierTraining.Run(model, training, new ImageTrainingOptions { MixupAlpha = 0.2 },
                new ToyImages(160), null, cancellation: TestContext.Current.CancellationToken);
            return Weights.Bytes(classifier.Model);
        }
    }

    private static void PicturesAreTheSame(VisionTransformerOptions options, int images)
        => AreTheSame(() => new VisionTransformer(options, seed: 3), network =>
        {
            using var generator = new Generator(5);
            using var pictures = randn([images, options.Channels, options.ImageHeight, options.ImageWidth], generator: generator);
            var loss = nn.functional.cross_entropy(network.forward(pictures), TensorMath.Range(images, CPU).Remainder(options.Classes));
            loss.backward();
            return loss.item<float>();
        });

    private static void AreTheSame<N>(Func<N> make, Func<N, float> step) where N : nn.Module
    {
        var (one, three) = (Step(1), Step(3));
        Assert.All(one, pair => Assert.True(pair.Value.AsSpan().SequenceEqual(three[pair.Key]), pair.Key));

        Dictionary<string, float[]> Step(int threads)
        {
            BdiaRuntime.Threads = threads;
            using var scope = NewDisposeScope();
            using var network = make();
            var loss = step(network);
            var result = network.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.contiguous().data<float>().ToArray());
            result["loss"] = [loss];
            return result;
        }
    }
}
