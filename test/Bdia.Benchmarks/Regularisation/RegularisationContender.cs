using Bdia.Benchmarks.Training;
using Bdia.Core.Formats;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.Data.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Regularisation;

/// <summary>
/// Trains one network with one thing that regularises it, from where its checkpoints stand, and scores the test rows when it is done.
/// </summary>
internal static class RegularisationContender
{
    private const int Side = 32, Channels = 3, PassesTogether = 8;

    private static readonly double[] Gammas = [-1, -0.75, -0.5, -0.25, 0.25, 0.5, 0.75, 1];
    private static readonly int[] Grids = [6, 9, 12];

    public static RegularisationFigures Run(RegularisationSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        BdiaRuntime.Threads = 1;
        string[] files = [.. Directory.GetFiles(settings.Data).Where(CifarReader.Accepts)];
        var (_, classes, train, test) = CifarReader.Read(settings.Data, files);
        var model = Model(settings, classes.Length);
        var folder = Path.Combine(settings.Checkpoints, $"{settings}");
        var training = AutomaticOptions.Chosen(new TrainingOptions
        {
            Epochs = settings.Epochs, LearningRate = settings.LearningRate, Seed = (ulong)settings.Seed, CheckpointDirectory = folder,
            Resume = true,
        }, model.Width, settings.Rows);
        // What the paper has: crop and flip. Given, so that nothing but the method differs between runs.
        var images = new ImageTrainingOptions { ValidationFraction = 0, AugmentFlip = true, AugmentCropPadding = 4 };
        var data = ImageData.Read(model, training, images, new Rows(train.Take(settings.Rows), classes), null,
            new StopSignal(null, null, CancellationToken.None));
        using var heldBack = new JudgedRows([.. train.Skip(settings.Rows).Take(settings.HeldBack)], classes, data.Normalization);
        using var testRows = new JudgedRows([.. test!.Take(settings.TestRows)], classes, data.Normalization);

        using var network = Network(settings, model, out var clock);
        var task = new PictureTask(network, clock, heldBack, settings.Epochs, $"{settings}");
        var notes = new Notes();
        var result = new Trainer<ImageBatch>(training)
            .Run(task, new ImageBatchSource(data.Training, data.Normalization, classes.Length, training, images, data.Range),
                notes: notes);
        var best = testRows.Judge(network);
        // Twenty more passes over the test rows say nothing new of a second seed.
        var isFirst = settings.Seed == 1;
        var others = isFirst && network is VisionTransformer vit ? Others(vit, testRows) : [];
        var isDrawn = isFirst && model is { Dropout: 0, StochasticDepth: 0, Stack.Mode: BackpropagationMode.Reversible };
        var together = isDrawn ? testRows.JudgeTogether((VisionTransformer)network, PassesTogether) : null;
        if (task.Last is null) throw new InvalidOperationException(
            $"The run in {folder} had ended before its test rows were scored. Delete the folder and run it again.");
        ModuleState.Load(network, task.Last);
        var figures = new RegularisationFigures(result.History, result.BestEpoch!.Value, best, testRows.Judge(network), others,
            [.. notes.All], result.SecondsTraining, together);
        Directory.Delete(folder, recursive: true);
        return figures;
    }

    private static VisionTransformerOptions Model(RegularisationSettings settings, int classes)
        => VisionTransformerOptions.FromPreset(VisionTransformerPreset.Compact, Side, Side, Channels, classes) with
        {
            Dropout = settings.Method == RegularisationMethod.Dropout10 ? 0.1 : 0,
            StochasticDepth = settings.Method == RegularisationMethod.DropPath10 ? 0.1 : 0,
            Precision = BdiaRuntime.HasBFloat16Products ? ComputePrecision.BFloat16 : ComputePrecision.Float32,
            Stack = Stack(settings.Method) with { FractionBits = settings.FractionBits },
        };

    private static BdiaStackOptions Stack(RegularisationMethod method) => method switch
    {
        RegularisationMethod.BdiaHalf => new() { Gamma = GammaSchedule.Exponent(1) },
        RegularisationMethod.Bdia32nd => new() { Gamma = GammaSchedule.Exponent(5) },
        RegularisationMethod.RandomSize => new() { Gamma = GammaSchedule.Ratios(1, 16, 16) },
        RegularisationMethod.Automatic => new() { Gamma = GammaSchedule.Automatic },
        RegularisationMethod.Grid => new() { Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.StoreActivations },
        _ => new() { Gamma = GammaSchedule.Weight(0), Mode = BackpropagationMode.StoreActivations, Quantize = false },
    };

    private static nn.Module<Tensor, Tensor> Network(RegularisationSettings settings, VisionTransformerOptions model,
        out TrainingClock clock)
    {
        var seed = (ulong)settings.Seed;
        if (settings.Method == RegularisationMethod.RevVit)
        {
            clock = new(seed);
            return new PictureNetwork(model, generator => new RevVitStack(model.Block(0), model.Depth, generator), seed);
        }

        var network = new VisionTransformer(model, seed);
        clock = network.Clock;
        return network;
    }

    private static List<OtherInference> Others(VisionTransformer network, JudgedRows test)
    {
        var weights = ModuleState.Save(network);
        List<OtherInference> others = [];
        foreach (var gamma in Gammas) Add(gamma, null);
        foreach (var bits in Grids) Add(0, bits);
        Add(0, null);
        return others;

        void Add(double gamma, int? bits)
        {
            var stack = new BdiaStackOptions
            {
                Mode = BackpropagationMode.StoreActivations, Gamma = GammaSchedule.Weight(0), InferenceGamma = gamma,
                Quantize = bits is not null, FractionBits = bits ?? 9,
            };
            using var other = new VisionTransformer(network.Options with { Stack = stack, Dropout = 0, StochasticDepth = 0 }, 1);
            ModuleState.Load(other, weights);
            others.Add(new(gamma, bits, test.Judge(other)));
        }
    }

    private sealed class Notes : IProgress<TrainingNote>
    {
        public List<string> All { get; } = [];

        public void Report(TrainingNote value) => All.Add(value.Text);
    }

    private sealed class Rows(IEnumerable<Picture> pictures, string[] classes) : IImageRows
    {
        public IEnumerable<ImageRow> Read()
        {
            var pixels = new float[Channels * Side * Side];
            foreach (var picture in pictures)
            {
                for (var i = 0; i < pixels.Length; i++) pixels[i] = picture.Pixels[i];
                yield return new(Array.IndexOf(classes, picture.Class), pixels);
            }
        }
    }
}
