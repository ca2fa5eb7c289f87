using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Training that begins with weights of others, or with a model of ours.</summary>
public class InitialWeightsTests
{
    private const string Config = """
        { "architecture": "vit_small_patch4_8", "label_names": [NAMES],
          "model_args": { "img_size": 8, "num_heads": 2 }, "pretrained_cfg": { "mean": [0.4, 0.5, 0.6], "std": [0.2, 0.3, 0.4] } }
        """;

    private readonly MLContext context = new(seed: 1);

    private static VisionTransformerOptions Network => new()
    {
        ImageHeight = 8, ImageWidth = 8, Classes = 4, PatchSize = 4, Width = 16, Depth = 3, Heads = 2, FeedForwardWidth = 32,
    };

    private IDataView Data => ImageRows.Labelled(context, ImageRows.Of(24));

    [Fact]
    public void Before_the_first_step_a_file_of_others_predicts_what_it_predicts()
    {
        using var folder = new TemporaryFolder();
        var path = Weights(folder, Network with { Classes = 3 }, "'blue', 'red', 'green'");
        // What is trained on is one row that the learning rate leaves nothing of.
        var options = Fine(path);
        options.LearningRate = 1e-30;
        using var model = Fit(options);

        using var network = new VisionTransformer(Network with { Classes = 3, Stack = new() { FractionBits = 14 } }, 5);
        network.eval();
        var rows = ImageRows.Of(24).ToList();
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var pixels = cat([.. rows.Select(row => tensor(row.Features, [1, 3, 8, 8]).div(tensor(255f)))]);
        var mean = tensor(new float[] { 0.4f, 0.5f, 0.6f }).view(1, 3, 1, 1);
        var deviation = tensor(new float[] { 0.2f, 0.3f, 0.4f }).view(1, 3, 1, 1);
        var expected = network.forward((pixels - mean) / deviation).softmax(1)
            .index_select(1, tensor(new long[] { 1, 2, 0 })); // red, green, blue
        var scores = Scores(model, rows);
        // The file's head is in another order than the keys; pixels are normalised by one product of float32 here and by two there.
        Assert.InRange((tensor(scores.SelectMany(row => row).ToArray(), [24, 3]) - expected).abs().max().item<float>(), 0, 1e-3);
        Assert.Equal(14, model.Model.Model.Options.Stack.FractionBits);
        Assert.Equal([0.4 * 255, 0.5 * 255, 0.6 * 255], model.Model.Normalization.Mean);
    }

    [Theory]
    [InlineData("'red', 'green', 'blue'", "The head is kept: all 3 classes are among the 3 of the weights.")]
    [InlineData("'x', 'red', 'y', 'blue'", "Of the head, 2 classes that the weights know by name are kept ('red', 'blue'), and 1 are drawn "
        + "anew ('green').")]
    [InlineData("'x', 'y'", "The head of 2 classes is exchanged for one of 3, drawn anew: no class has a name that the weights know.")]
    public void The_log_says_which_rows_of_the_head_are_kept(string names, string told)
    {
        using var folder = new TemporaryFolder();
        var log = new LogLines(context);
        using var model = Fit(Fine(Weights(folder, Network with { Classes = names.Split(',').Length }, names)));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.EndsWith(told, StringComparison.Ordinal));
    }

    [Fact]
    public void A_head_without_names_is_exchanged_and_what_is_assumed_stands_in_the_log()
    {
        using var folder = new TemporaryFolder();
        var log = new LogLines(context);
        var options = Fine(Weights(folder, Network with { Classes = 3 }, names: null));
        options.Heads = 2;
        using var model = Fit(options);
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.Contains("what classes are called is known of the label alone", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("epsilon of 1e-6", StringComparison.Ordinal));
        Assert.Contains(log.Of(ChannelMessageKind.Warning), line => line.Contains("Nothing tells how these weights expect pixels",
            StringComparison.Ordinal));
    }

    [Fact]
    public void A_model_of_ours_goes_on_with_its_classes_pixels_and_grid()
    {
        using var folder = new TemporaryFolder();
        var first = ImageRows.Options(nameof(ImageRow.File));
        first.FractionBits = 11;
        using var before = Fit(first);
        context.Model.Save(before, Data.Schema, folder.File("model.zip"));
        foreach (var weights in (InitialWeights[])[before, folder.File("model.zip")])
        {
            var log = new LogLines(context);
            var options = Fine(weights, nameof(ImageRow.Image));
            options.LearningRate = 1e-30;
            using var after = Fit(options);
            Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains("The head is kept: all 3", StringComparison.Ordinal));
            Assert.Equal(before.Model.Normalization.Mean, after.Model.Normalization.Mean);
            Assert.Equal(11, after.Model.Model.Options.Stack.FractionBits);
            var rows = ImageRows.Of(24, seed: 3).ToList();
            Assert.Equal(Scores(before, rows), Scores(after, rows)); // bit for bit
        }

        // What it began with is as it was.
        Assert.Equal(3, Scores(before, [.. ImageRows.Of(3)]).Length);
    }

    [Fact]
    public void Images_of_another_size_and_other_classes_are_learned_from_a_model_of_ours()
    {
        using var folder = new TemporaryFolder();
        using var before = Fit(ImageRows.Options(nameof(ImageRow.File)));
        var options = Fine(before);
        (options.ImageHeight, options.ImageWidth) = (12, 16);
        var data = context.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Number)).Fit(Numbered()).Transform(Numbered());
        using var after = context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);
        Assert.Equal((12, 16, 4), (after.Model.Model.Options.ImageHeight, after.Model.Model.Options.ImageWidth,
            after.Model.Model.Options.Classes));
        context.Model.Save(after, data.Schema, folder.File("after.zip"));
        var loaded = new MLContext().Model.Load(folder.File("after.zip"), out _);
        var rows = ImageRows.Of(6).ToList();
        Assert.Equal(Scores(after, rows), Scores(loaded, rows));
        (loaded as IDisposable)?.Dispose();

        IDataView Numbered() => context.Data.LoadFromEnumerable(ImageRows.Of(24).Select(row =>
        {
            row.Number %= 4;
            return row;
        }).ToList());
    }

    [Fact]
    public void A_network_with_every_variant_is_trained_saved_loaded_and_estimated()
    {
        using var folder = new TemporaryFolder();
        var variant = Network with
        {
            Classes = 3, Pooling = VisionTransformerPooling.Average, RegisterTokens = 2, PreNorm = true, QueryKeyNorm = true,
            LayerScale = true, OmitQueryKeyValueBias = true, PositionsOfPatches = true,
        };
        var options = Fine(Weights(folder, variant, "'red', 'green', 'blue'"));
        options.LearningRate = 0.01;
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(options);
        var estimate = trainer.EstimateMemory(Data);
        using var model = trainer.Fit(Data);
        Assert.Equal(estimate.Weights, model.Model.Model.parameters().Sum(p => p.numel() * sizeof(float)));
        Assert.Equal(variant with { Stack = model.Model.Model.Options.Stack }, model.Model.Model.Options);
        context.Model.Save(model, Data.Schema, folder.File("model.zip"));
        var loaded = new MLContext().Model.Load(folder.File("model.zip"), out _);
        var rows = ImageRows.Of(9).ToList();
        Assert.Equal(Scores(model, rows), Scores(loaded, rows));
        Assert.Equal(2, Scores(loaded, rows)[0].Length - 1);
        (loaded as IDisposable)?.Dispose();
    }

    [Fact]
    public void A_run_that_was_interrupted_ends_with_the_same_weights()
    {
        using var folder = new TemporaryFolder();
        var path = Weights(folder, Network with { Classes = 3 }, "'red', 'green', 'blue'");
        using var whole = Fit(Run(epochs: 4, checkpoints: null));
        using (Fit(Run(epochs: 2, checkpoints: folder.File("run")))) { }
        using var resumed = Fit(Run(epochs: 4, checkpoints: folder.File("run")));
        var expected = whole.Model.Model.state_dict();
        Assert.All(resumed.Model.Model.state_dict(), item => Assert.True(item.Value.Equals(expected[item.Key]), item.Key));

        BdiaImageClassificationTrainer.Options Run(int epochs, string? checkpoints)
        {
            var options = Fine(path, epochs: epochs);
            (options.CheckpointDirectory, options.Resume) = (checkpoints, checkpoints is not null);
            (options.LearningRate, options.LearningRateSchedule) = (0.003, LearningRateSchedule.Constant);
            (options.ValidationFraction, options.AugmentCropPadding, options.WarmupFraction) = (0, 0, 0);
            (options.LayerDecay, options.FrozenBlocks, options.AugmentFlip, options.Seed) = (0.7, 1, false, 7);
            return options;
        }
    }

    [Fact]
    public void Frozen_blocks_stay_as_they_are_and_cost_neither_gradient_nor_moments()
    {
        using var folder = new TemporaryFolder();
        var path = Weights(folder, Network with { Classes = 3 }, "'red', 'green', 'blue'");
        var (free, some, all) = (Trainer(0), Trainer(2), Trainer(3));
        Assert.True(some.EstimateMemory(Data).Optimizer < free.EstimateMemory(Data).Optimizer);
        Assert.True(all.EstimateMemory(Data).Gradients < some.EstimateMemory(Data).Gradients);
        using var before = new VisionTransformer(Network with { Classes = 3 }, 5);
        var old = before.state_dict();
        foreach (var (trainer, frozen) in ((BdiaImageClassificationTrainer, int)[])[(some, 2), (all, 3)])
        {
            using var model = trainer.Fit(Data);
            foreach (var (name, weights) in model.Model.Model.state_dict())
            {
                var isTrained = name.StartsWith("norm.", StringComparison.Ordinal) || name.StartsWith("head.", StringComparison.Ordinal)
                    || name.StartsWith("blocks.2.", StringComparison.Ordinal) && frozen == 2;
                // The bias of keys has no gradient but rounding.
                if (!name.EndsWith("qkv.bias", StringComparison.Ordinal)) Assert.Equal(!isTrained, weights.Equals(old[name]));
            }
        }

        BdiaImageClassificationTrainer Trainer(int frozen)
        {
            var options = Fine(path);
            (options.FrozenBlocks, options.LearningRate) = (frozen, 0.01);
            return context.MulticlassClassification.Trainers.BdiaImageClassification(options);
        }
    }

    [Fact]
    public void What_contradicts_the_weights_is_told_at_once_when_the_trainer_is_made()
    {
        using var folder = new TemporaryFolder();
        var options = Fine(Weights(folder, Network with { Classes = 3 }, "'red', 'green', 'blue'"));
        (options.Width, options.Depth, options.PatchSize, options.Channels) = (32, 5, 8, 1);
        (options.Preset, options.FrozenBlocks, options.LayerDecay) = (VisionTransformerPreset.Tiny, 7, 2);
        var message = Assert.Throws<ArgumentException>(
            () => context.MulticlassClassification.Trainers.BdiaImageClassification(options)).Message;
        foreach (var fault in (string[])["Width is 32; it must be 16", "Depth is 5; it must be 3", "PatchSize is 8; it must be 4",
            "Channels is 1; it must be 3", "Preset is Tiny", "FrozenBlocks is 7", "LayerDecay is 2"])
            Assert.Contains(fault, message, StringComparison.Ordinal);
        var missing = Fine(folder.File("no-such.safetensors"));
        Assert.Contains("there is no such file",
            Assert.Throws<ArgumentException>(() => context.MulticlassClassification.Trainers.BdiaImageClassification(missing)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Files_that_are_no_weights_are_refused_with_what_they_are()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllBytes(folder.File("weights.pth"), [.. "PK\u0003\u0004"u8, 1, 2, 3]);
        var options = Fine(folder.File("weights.pth"));
        Assert.Contains("turned into safetensors", Assert.Throws<InvalidDataException>(() => Fit(options)).Message,
            StringComparison.Ordinal);
        File.WriteAllText(folder.File("weights.safetensors"), "not weights");
        Assert.Contains("cannot be read", Assert.Throws<InvalidDataException>(() => Fit(Fine(folder.File("weights.safetensors")))).Message,
            StringComparison.Ordinal);
        // A model of another kind.
        var other = context.Transforms.Conversion.MapValueToKey("Label", nameof(ImageRow.Name)).Fit(Data);
        context.Model.Save(other, Data.Schema, folder.File("other.zip"));
        Assert.Contains("not one BdiaImageClassificationTransformer",
            Assert.Throws<InvalidDataException>(() => Fit(Fine(folder.File("other.zip")))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_model_of_ours_that_is_newer_cut_short_or_disposed_is_told_as_such()
    {
        using var folder = new TemporaryFolder();
        using var before = Fit(ImageRows.Options(nameof(ImageRow.File), epochs: 1));
        context.Model.Save(before, Data.Schema, folder.File("model.zip"));
        var bytes = File.ReadAllBytes(folder.File("model.zip"));
        new ModelFile(folder.File("model.zip")).Reseal(json => json["formatVersion"] = 7);
        Told("format version 7");
        File.WriteAllBytes(folder.File("model.zip"), bytes[..(bytes.Length / 2)]);
        Told("no model which ML.NET can load");
        before.Dispose();
        Assert.Throws<ObjectDisposedException>(() => Fit(Fine(before)));

        void Told(string text)
            => Assert.Contains(text, Assert.Throws<InvalidDataException>(() => Fit(Fine(folder.File("model.zip")))).Message,
                StringComparison.Ordinal);
    }

    [Fact]
    public void Numbers_in_units_of_their_own_are_refused_unless_they_are_measured()
    {
        using var folder = new TemporaryFolder();
        var options = Fine(Weights(folder, Network with { Classes = 3 }, "'red', 'green', 'blue'"), nameof(ImageRow.Features));
        var rows = ImageRows.Of(24).ToList();
        foreach (var row in rows) row.Features = [.. row.Features.Select(value => value - 100)];
        var data = ImageRows.Labelled(context, rows);
        Assert.Contains("have mean and deviation measured", Assert.Throws<InvalidDataException>(
            () => context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data)).Message, StringComparison.Ordinal);
        options.Normalizing = PixelNormalizing.Measured;
        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);
        Assert.NotEqual(0.4 * 255, model.Model.Normalization.Mean[0]);
    }

    [Fact]
    public void With_gamma_at_m_8_training_starts_where_the_weights_are()
    {
        using var scope = NewDisposeScope();
        using var before = new VisionTransformer(Network with { Classes = 3, Stack = new() { Quantize = false,
            Mode = BackpropagationMode.StoreActivations } }, 5);
        foreach (var gamma in (GammaSchedule[])[GammaSchedule.Exponent(8), GammaSchedule.Weight(0)])
        {
            var isPlain = !gamma.IsReversible;
            using var weights = Bdia.Core.Pretrained.PretrainedVisionTransformer.From(before).Create(before.Options with
            {
                Stack = new()
                {
                    Gamma = gamma, FractionBits = 14,
                    Mode = isPlain ? BackpropagationMode.Checkpointed : BackpropagationMode.Reversible,
                },
            }, 1);
            using var generator = new Generator(3);
            var images = randn([300, 3, 8, 8], generator: generator);
            before.eval();
            weights.train();
            var expected = before.forward(images).detach();
            var actual = weights.forward(images).detach();
            var (top, _) = expected.topk(2, 1);
            var margin = top[TensorIndex.Colon, 0] - top[TensorIndex.Colon, 1];
            // In training mode, before the first step: γ = ±2^-8 moves a logit by as little as this, so that only ties nearer than twice
            // that could change.
            var moved = (expected - actual).abs().max().item<float>();
            Assert.InRange(moved, 0, isPlain ? 2e-3 : 0.02);
            var changed = expected.argmax(1).ne(actual.argmax(1)).logical_and(margin.gt(tensor(2 * moved))).sum().item<long>();
            Assert.Equal(0, changed);
            // When scoring, nothing changes but by the grid.
            weights.eval();
            Assert.InRange((before.forward(images) - weights.forward(images)).abs().max().item<float>(), 0, 2e-3);
        }
    }

    private BdiaImageClassificationTransformer Fit(BdiaImageClassificationTrainer.Options options)
        => context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(Data);

    private static BdiaImageClassificationTrainer.Options Fine(InitialWeights weights, string features = nameof(ImageRow.File),
        int epochs = 1)
        => new() { InitialWeights = weights, FeatureColumnName = features, Epochs = epochs, BatchSize = 8, ScoringBatchSize = 7 };

    private static string Weights(TemporaryFolder folder, VisionTransformerOptions network, string? names)
    {
        using var model = new VisionTransformer(network, 5);
        using (var stream = File.Create(folder.File("vit.safetensors"))) SafeTensors.Write(stream, ModuleState.Save(model));
        if (names is not null) File.WriteAllText(folder.File("config.json"), Config.Replace("NAMES", names.Replace('\'', '"')));
        return folder.File("vit.safetensors");
    }

    private float[][] Scores(ITransformer model, List<ImageRow> rows)
        => [.. model.Transform(context.Data.LoadFromEnumerable(rows)).GetColumn<VBuffer<float>>("Score")
            .Select(score => score.DenseValues().ToArray())];
}
