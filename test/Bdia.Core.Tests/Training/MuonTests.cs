using Bdia.Core.ImageClassification;
using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Tests.ImageClassification;
using Bdia.Core.Tests.Models;
using Bdia.Core.Training;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;
using Nets = Bdia.Core.Tests.Reversible.Stacks;

namespace Bdia.Core.Tests.Training;

public sealed class MuonTests
{
    // Five rounds of products in float32 against the same in double precision: each makes errors of a rounding some times as large.
    private const double Tolerance = 2e-4;

    private static readonly TrainingOptions Options =
        new() { Epochs = 3, BatchSize = 16, LearningRate = 3e-3, Seed = 7, Optimizer = OptimizerKind.Muon };

    private static readonly VisionTransformerOptions Network = new()
    {
        ImageHeight = 8, ImageWidth = 8, Channels = 1, Classes = 2, PatchSize = 4, Width = 16, Depth = 2, Heads = 2,
            FeedForwardWidth = 24, Dropout = 0.1,
    };

    [Fact]
    public void Steps_are_those_of_the_plain_algorithm()
        => Gen.Select(Gen.Int[1, 9], Gen.Int[1, 9], Gen.Int[1, 3], Gen.Double[0, 0.99], Gen.Bool)
            .Sample((rows, columns, parts, momentum, decays) =>
    {
        using var scope = NewDisposeScope();
        var parameter = new TorchSharp.Modules.Parameter(Nets.Normal((ulong)(rows + 10 * columns), parts * rows, columns));
        var plain = new PlainMuon(parameter.data<float>().ToArray(), parts, columns, momentum);
        var matrices = new Dictionary<Tensor, MatrixParts>(ReferenceEqualityComparer.Instance) { [parameter] = new(parts, false) };
        using var module = new Holder(parameter);
        var groups = ParameterGroups.Of(module, decays ? [] : ["weight"], null, matrices);
        using var optimizer = new AdamW(groups, 0.9, 0.999, 1e-8, 0.1, momentum);
        for (var step = 1; step <= 3; step++)
        {
            var gradient = Nets.Normal((ulong)step, parts * rows, columns);
            parameter.grad = gradient;
            optimizer.Step(step, 0.05, 0.5);
            plain.Step([.. gradient.data<float>()], 0.05, 0.5, decays ? 0.1 : 0);
        }

        var values = parameter.data<float>().ToArray();
        for (var i = 0; i < values.Length; i++) Assert.Equal(plain.Weights[i], values[i], Tolerance);
        Assert.Equal(["m.weight"], optimizer.State.Select(pair => pair.Key));
    }, iter: 100);

    [Fact]
    public void Every_direction_of_a_step_is_about_as_long()
        => Gen.Select(Gen.Int[1, 12], Gen.Int[2, 4], Gen.Bool, Gen.ULong).Sample((small, times, tall, seed) =>
    {
        using var scope = NewDisposeScope();
        var (rows, columns) = tall ? (times * small, small) : (small, times * small);
        // Steep: singular values over two orders of magnitude.
        var matrix = Nets.Normal(seed, rows, columns).mul(logspace(-2, 0, columns, dtype: ScalarType.Float32));
        if (linalg.svdvals(matrix).min().item<float>() < 0.01 * matrix.norm().item<float>()) return;
        foreach (var inBFloat16 in new[] { false, true })
        {
            var lengths = linalg.svdvals(Muon.Orthogonal(matrix.unsqueeze(0), inBFloat16)[0]);
            Assert.InRange(lengths.min().item<float>(), 0.6, 1.25);
            Assert.InRange(lengths.max().item<float>(), 0.6, 1.25);
        }
    }, iter: 100);

    [Fact]
    public void A_gradient_of_zero_makes_no_step()
    {
        using var scope = NewDisposeScope();
        Assert.Equal(0, Muon.Orthogonal(zeros(2, 3, 5), inBFloat16: false).abs().sum().item<float>());
    }

    [Fact]
    public void It_serves_the_matrices_of_blocks_and_AdamW_all_else()
    {
        using var model = new VisionTransformer(Network, 1);
        var matrices = BlockMatrices.Of([model.Blocks]);
        var groups = ParameterGroups.Of(model, null, null, matrices).Parameters;
        Assert.Equal(["attn.qkv.weight 3", "attn.proj.weight 1", "mlp.fc1.weight 1", "mlp.fc2.weight 1"],
            groups.Where(entry => entry.Matrices > 0 && entry.Name.StartsWith("blocks.1.", StringComparison.Ordinal))
                .Select(entry => $"{entry.Name["blocks.1.".Length..]} {entry.Matrices}"));
        Assert.Equal(4 * Network.Depth, groups.Count(entry => entry.Matrices > 0));
        using var translator = new EncoderDecoder(SmallNetworks.Small, 1);
        var all = ParameterGroups.Of(translator, null, null, BlockMatrices.Of([translator.Encoder, translator.Decoder])).Parameters;
        Assert.All(all.Where(entry => entry.Name.EndsWith("cross.kv.weight", StringComparison.Ordinal)),
            entry => Assert.Equal(2, entry.Matrices));
        Assert.Equal(all.Where(entry => entry.Name.Contains("coder", StringComparison.Ordinal) && entry.Parameter.dim() == 2),
            all.Where(entry => entry.Matrices > 0));
    }

    [Fact]
    public void Products_are_taken_in_the_precision_of_the_networks()
    {
        using var half = new VisionTransformer(Network with { Precision = ComputePrecision.BFloat16 }, 1);
        Assert.All(BlockMatrices.Of([half.Blocks]).Values, parts => Assert.True(parts.InBFloat16));
        using var scope = NewDisposeScope();
        var matrices = Nets.Normal(3, 2, 5, 9);
        var (single, rounded) = (Muon.Orthogonal(matrices, inBFloat16: false), Muon.Orthogonal(matrices, inBFloat16: true));
        Assert.Equal(ScalarType.Float32, rounded.dtype);
        var difference = (single - rounded).abs().max().item<float>();
        Assert.InRange(difference, 1e-4, 0.1); // eight bits, over four rounds
    }

    [Theory]
    [InlineData(0.0)]
    [InlineData(0.5)]
    public void Within_the_backward_pass_a_run_ends_with_the_same_bits(double clip)
    {
        using var ordinary = Run(Options with { ClipNorm = clip });
        using var inBackward = Run(Options with { ClipNorm = clip, OptimizerInBackward = true });
        using var other = Run(Options with { ClipNorm = clip, Optimizer = OptimizerKind.AdamW });
        Assert.Equal(Weights.Bytes(ordinary.Model), Weights.Bytes(inBackward.Model));
        Assert.NotEqual(Weights.Bytes(ordinary.Model), Weights.Bytes(other.Model));
        Assert.True(ordinary.Result!.History[^1].TrainingLoss < ordinary.Result.History[0].TrainingLoss);
    }

    [Fact]
    public void A_run_that_was_stopped_anywhere_ends_with_the_same_bits_and_goes_on_with_no_other_optimizer()
    {
        var folder = Directory.CreateTempSubdirectory("bdia-muon-").FullName;
        try
        {
            var options = Options with { EmaDecay = null, CheckpointDirectory = folder, CheckpointEverySteps = 1, Resume = true };
            using var whole = Run(Options with { EmaDecay = null });
            for (var step = 1; step <= whole.Result!.Steps; step += 2)
            {
                foreach (var file in Directory.GetFiles(folder)) File.Delete(file);
                Assert.Throws<FormatException>(() => Run(options, p => { if (p.Step == step) throw new FormatException(); }));
                using var resumed = Run(options);
                Assert.Equal(Weights.Bytes(whole.Model), Weights.Bytes(resumed.Model));
            }

            Assert.Contains("Optimizer is Muon in the checkpoint and AdamW here",
                Assert.Throws<CheckpointException>(() => Run(options with { Optimizer = OptimizerKind.AdamW })).Message,
                StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public void What_an_earlier_checkpoint_does_not_say_of_the_optimizer_is_AdamW()
    {
        var now = RunIdentity.Of(new() { Optimizer = OptimizerKind.AdamW }, new Dictionary<string, string>());
        var before = new SortedDictionary<string, string>(now, StringComparer.Ordinal);
        before.Remove("TrainingOptions.Optimizer");
        before.Remove("TrainingOptions.EmaDecay");
        Assert.Empty(RunIdentity.Differences(before, now));
        var muon = RunIdentity.Of(new() { Optimizer = OptimizerKind.Muon }, new Dictionary<string, string>());
        Assert.Equal("Optimizer is AdamW in the checkpoint and Muon here", $"{Assert.Single(RunIdentity.Differences(before, muon))}");
    }

    [Fact]
    public void A_network_without_blocks_is_refused()
    {
        var task = new ToyTask();
        using var net = task.Net;
        Assert.Contains("Optimizer is Muon, but ToyModule has no blocks", Assert.Throws<ArgumentException>(
            () => task.Train(Options, new ToySource(64, 16, 5))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Its_memory_is_estimated_to_the_byte()
    {
        using var classifier = new VisionTransformer(Network with { FrozenBlocks = 1 }, 1);
        Assert.Equal(Moments(classifier, classifier.Blocks),
            MemoryEstimate.ForImages(classifier.Options, Options).Optimizer);
        using var translator = new EncoderDecoder(SmallNetworks.Small, 1);
        Assert.Equal(Moments(translator, translator.Encoder, translator.Decoder),
            MemoryEstimate.ForTexts(translator.Options, 2, 3, 4, optimizer: OptimizerKind.Muon).Optimizer);

        static long Moments(nn.Module module, params BdiaStack[] stacks)
        {
            using var optimizer = new AdamW(ParameterGroups.Of(module, null, null, BlockMatrices.Of(stacks)));
            return optimizer.State.Sum(pair => pair.Value.numel() * sizeof(float));
        }
    }

    private static ImageClassifier Run(TrainingOptions options, Action<TrainingProgress>? progress = null)
        => ImageClassifierTraining.Run(Network, options, new(), new ToyImages(40), progress: progress is null ? null : new Call(progress),
            cancellation: TestContext.Current.CancellationToken);

    private sealed class Holder : nn.Module
    {
        private readonly TorchSharp.Modules.Parameter weight;

        public Holder(TorchSharp.Modules.Parameter weight) : base(nameof(Holder))
        {
            this.weight = weight;
            RegisterComponents();
        }
    }
}
