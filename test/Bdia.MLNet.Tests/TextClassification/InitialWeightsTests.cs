using Bdia.Core.Models;
using Bdia.MLNet.Tests.SequenceToSequence;
using Bdia.MLNet.Tests.ImageClassification;
using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.TextGeneration;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using TorchSharp;

namespace Bdia.MLNet.Tests.TextClassification;

/// <summary>Training that begins with weights of a fitted model of texts: tokenizers are kept, and the head where classes are.</summary>
public sealed class InitialWeightsTests : IDisposable
{
    private readonly MLContext context = new(1);
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static BdiaTextClassificationTransformer Classifier => TextClassificationContractTests.Shared.Value;

    private static BdiaSequenceToSequenceTransformer Translator => SequenceToSequenceContractTests.Shared.Value;

    private static BdiaTextGenerationTransformer Generator => TextGenerationContractTests.Shared.Value;

    private string Saved(ITransformer model)
    {
        context.Model.Save(model, null, folder.File("model.zip"));
        return folder.File("model.zip");
    }

    /// <summary>Options that leave the sizes to the weights, and a rate at which nothing moves.</summary>
    private static BdiaTextClassificationTrainer.Options From(InitialWeights weights) => new()
    {
        Sentence1ColumnName = nameof(Topic.Text), InitialWeights = weights, Epochs = 1, BatchSize = 8, LearningRate = 1e-9, WeightDecay = 0,
        MaxTokens = 40,
    };

    private BdiaTextClassificationTransformer Fit(BdiaTextClassificationTrainer.Options options, IDataView? data = null)
        => context.MulticlassClassification.Trainers.BdiaTextClassification(options).Fit(data ?? Topics.View(context, 24));

    private ScoredRows Score(BdiaTextClassificationTransformer model) => ScoredRows.Of(model.Transform(Topics.View(context, 24)), "Score");

    [Fact]
    public void Going_on_from_a_model_in_memory_or_in_a_file_begins_where_it_was()
    {
        var log = new LogLines(context);
        using var inMemory = Fit(From(Classifier));
        using var inFile = Fit(From(Saved(Classifier)));

        Score(inMemory).AssertClose(Score(Classifier), 1e-4); // what steps at a rate of 1e-9 may move
        Score(inFile).AssertClose(Score(Classifier), 1e-4);
        Assert.Equal(Classifier.Model.Tokenizer.Encode("apple and cat"), inFile.Model.Tokenizer.Encode("apple and cat"));
        Assert.Contains(log.Of(ChannelMessageKind.Info),
            line => line.StartsWith(
                "Training begins with the weights of a BdiaTextClassificationTransformer in memory. The head is kept: all 3",
                StringComparison.Ordinal));
        Score(Classifier).AssertEqual(Score(Classifier)); // it is as it was, and not disposed
    }

    [Fact]
    public void Classes_are_known_by_name_and_new_ones_drawn_anew()
    {
        var log = new LogLines(context);
        var rows = Topics.Of(24).ToList();
        foreach (var row in rows.Where(row => row.Name == "animal")) row.Name = "pet";
        using var model = Fit(From(Classifier), Topics.Labelled(context, rows.AsEnumerable().Reverse()));

        Assert.Equal(3, model.Model.Model.Options.Classes);
        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.Contains(
            "Of the head, 2 classes that a BdiaTextClassificationTransformer in memory knows by name are kept ('tool', 'fruit'), and 1 are "
            + "drawn anew ('pet')", StringComparison.Ordinal));
    }

    [Fact]
    public void The_encoder_of_a_translator_is_a_start_in_memory_and_in_a_file()
    {
        foreach (var weights in new InitialWeights[] { Translator, Saved(Translator) })
        {
            using var model = Fit(From(weights));
            Assert.Equal(Translator.Model.Model.Options.EncoderDepth, model.Model.Model.Options.Depth);
            Assert.Equal(Translator.Model.SourceTokenizer.Encode("een twee"), model.Model.Tokenizer.Encode("een twee"));
        }
    }

    [Fact]
    public void The_network_of_a_generator_is_a_start_in_memory_and_in_a_file()
    {
        var there = Generator.Model.Model.Options;
        foreach (var weights in new InitialWeights[] { Generator, Saved(Generator) })
        {
            var options = From(weights);
            options.MaxTokens = null; // as many as the generator has places for, fewer than otherwise
            using var model = Fit(options);
            Assert.Equal(there.MaxLength, model.Model.MaxTokens);
            var sizes = model.Model.Model.Options;
            Assert.Equal((there.Depth, there.Width, PositionEncoding.Learned, there.MaxLength),
                (sizes.Depth, sizes.Width, sizes.Positions, sizes.MaxLength));
            Assert.Equal(Generator.Model.Tokenizer.Encode("1 2 3"), model.Model.Tokenizer.Encode("1 2 3"));
        }
    }

    [Fact]
    public void What_a_classifier_reads_of_a_generator_are_its_vectors_places_blocks_and_norm()
    {
        var options = From(Generator);
        options.MaxTokens = Generator.Model.Model.Options.MaxLength;
        using var model = Fit(options);
        using var scope = torch.NewDisposeScope();
        var (from, to) = (Generator.Model.Model.state_dict(), model.Model.Model.state_dict());
        var names = to.Keys.Where(name => name is not ("cls_token" or "head.weight" or "head.bias")).ToArray();
        Assert.Equal(from.Count, names.Length);
        foreach (var name in names)
        {
            var source = name.Replace("encoder_norm", "norm", StringComparison.Ordinal)
                .Replace("encoder.", "blocks.", StringComparison.Ordinal);
            // Vectors are read times a power of two there, and times the root of the width here, which is one for a width of 16.
            Assert.True(from[source].allclose(to[name], rtol: 0, atol: 1e-6), name); // what steps at a rate of 1e-9 may move
        }
    }

    [Fact]
    public void A_generator_is_gone_on_with()
    {
        var log = new LogLines(context);
        foreach (var weights in new InitialWeights[] { Generator, Saved(Generator) })
        {
            var options = Further(weights);
            using var further = context.TextGeneration.Trainers.Bdia(options).Fit(Countings.View(context, 24));

            // Of the weights and not of the texts, since among texts that are as good as equally probable the last bit decides.
            using var scope = torch.NewDisposeScope();
            var (before, after) = (Generator.Model.Model.state_dict(), further.Model.Model.state_dict());
            Assert.Equal(before.Keys, after.Keys);
            Assert.All(before, item => Assert.True(item.Value.allclose(after[item.Key], rtol: 0, atol: 1e-6), item.Key));
            var cancellation = TestContext.Current.CancellationToken;
            Assert.Equal(Generator.Model.Judge(["1 2 3 4"], cancellation).Loss, further.Model.Judge(["1 2 3 4"], cancellation).Loss,
                0.05); // the grid may move by a step
            Assert.Equal(Generator.Model.Tokenizer.Encode("1 2 3"), further.Model.Tokenizer.Encode("1 2 3"));
        }

        Assert.Contains(log.Of(ChannelMessageKind.Info), line => line.StartsWith(
            "Training begins with the weights of a BdiaTextGenerationTransformer in memory, and keeps its tokenizer.",
            StringComparison.Ordinal));
    }

    [Fact]
    public void What_contradicts_a_generator_or_is_none_is_told()
    {
        var options = Further(Generator);
        (options.Width, options.Depth, options.Preset, options.MaxTokens) = (64, 7, LanguageModelPreset.Small, 4000);
        options.Tokenizer = Generator.Model.Tokenizer;
        foreach (var (weights, act) in new (InitialWeights, Action)[]
        {
            (Generator, () => context.TextGeneration.Trainers.Bdia(options)),
            (Saved(Generator), () => context.TextGeneration.Trainers.Bdia(options).Fit(Countings.View(context, 24))),
        })
        {
            options.InitialWeights = weights;
            var message = Assert.Throws<ArgumentException>(act).Message;
            foreach (var part in new[]
            {
                "Width is 64; it must be 16, as in InitialWeights", "Depth is 7", "Preset is Small",
                $"MaxTokens is 4000; it must be at most {Generator.Model.Model.Options.MaxLength}, the places that InitialWeights",
                "leave Tokenizer and TokenizerFile unset",
            })
                Assert.Contains(part, message, StringComparison.Ordinal);
        }

        Assert.Throws<InvalidDataException>(() => context.TextGeneration.Trainers.Bdia(Further(Classifier)));
        Assert.Contains("InitialWeights is 'nothing.zip', and there is no such file", Assert.Throws<ArgumentException>(
            () => context.TextGeneration.Trainers.Bdia(Further("nothing.zip"))).Message, StringComparison.Ordinal);
    }

    // Options that leave the sizes to the weights, and a rate at which nothing moves.
    private static BdiaTextGenerationTrainer.Options Further(InitialWeights weights) => new()
    {
        InitialWeights = weights, PromptColumnName = nameof(Counting.Prompt), Epochs = 1, TokensPerBatch = 64, LearningRate = 1e-9,
        WeightDecay = 0, Dropout = 0, Decoding = Generator.Decoding,
    };

    [Fact]
    public void A_translator_is_gone_on_with()
    {
        foreach (var weights in new InitialWeights[] { Translator, Saved(Translator) })
        {
            using var further = context.SequenceToSequence.Trainers.Bdia(new BdiaSequenceToSequenceTrainer.Options
            {
                InitialWeights = weights, Epochs = 1, TokensPerBatch = 64, MaxTokens = 40, LearningRate = 1e-9, WeightDecay = 0,
                BleuEveryEpochs = 0, Decoding = new() { BeamSize = 2, MaxLengthConstant = 4 }, Dropout = 0,
            }).Fit(Sentences.View(context, 24));

            ScoredRows.Of(further.Transform(Sentences.View(context, 24)), "PredictedText", "Score")
                .AssertClose(ScoredRows.Of(Translator.Transform(Sentences.View(context, 24)), "PredictedText", "Score"), 1e-3);
        }
    }

    [Fact]
    public void Contradictions_are_told_when_the_trainer_is_made_or_by_Fit_where_a_file_has_to_be_read()
    {
        var options = From(Classifier);
        (options.Width, options.Depth, options.Preset) = (64, 7, Core.Models.TextEncoderPreset.Small);
        options.Tokenizer = Classifier.Model.Tokenizer;
        foreach (var (weights, act) in new (InitialWeights, Action)[]
        {
            (Classifier, () => context.MulticlassClassification.Trainers.BdiaTextClassification(options)),
            (Saved(Classifier), () => Fit(options)),
        })
        {
            options.InitialWeights = weights;
            var message = Assert.Throws<ArgumentException>(act).Message;
            foreach (var part in new[]
            {
                "Width is 64; it must be 16, as in InitialWeights", "Depth is 7", "Preset is Small",
                "leave Tokenizer and TokenizerFile unset",
            })
                Assert.Contains(part, message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void What_is_no_model_of_texts_is_refused_and_nothing_is_lost()
    {
        var pictures = ImageClassificationContractTests.Shared.Value;
        Assert.Contains("of which a text classifier can take nothing", Assert.Throws<InvalidDataException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(From(pictures))).Message, StringComparison.Ordinal);
        Assert.Contains("of which a text classifier can take nothing", Assert.Throws<InvalidDataException>(
            () => Fit(From(Saved(pictures)))).Message, StringComparison.Ordinal);
        Assert.Throws<InvalidDataException>(() => context.SequenceToSequence.Trainers.Bdia(
            new BdiaSequenceToSequenceTrainer.Options { InitialWeights = Classifier }));
        Assert.Contains("there is no such file", Assert.Throws<ArgumentException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(From("nothing.zip"))).Message, StringComparison.Ordinal);
        var missing = new BdiaSequenceToSequenceTrainer.Options { InitialWeights = "nothing.zip" };
        Assert.Contains("InitialWeights is 'nothing.zip', and there is no such file", Assert.Throws<ArgumentException>(
            () => context.SequenceToSequence.Trainers.Bdia(missing)).Message, StringComparison.Ordinal);
        File.WriteAllText(folder.File("weights.safetensors"), "no weights");
        Assert.Contains("which is no model that mlContext.Model.Save wrote", Assert.Throws<InvalidDataException>(
            () => context.MulticlassClassification.Trainers.BdiaTextClassification(From(folder.File("weights.safetensors")))).Message,
            StringComparison.Ordinal);
        var path = Saved(Classifier);
        File.WriteAllBytes(path, File.ReadAllBytes(path)[..^200]);
        Assert.Throws<InvalidDataException>(() => Fit(From(path)));

        Score(Classifier).AssertEqual(Score(Classifier)); // the models in memory are as they were
    }

    [Fact]
    public void A_chain_that_translates_and_then_classifies_is_saved_and_loaded_as_one_model()
    {
        var rows = Sentences.Of(24).Select(row => new Numbered { Source = row.Source, Target = row.Target,
            Name = row.Target!.Length > 4 ? "long" : "short" }).ToList();
        var data = context.Data.LoadFromEnumerable(rows);
        var options = Topics.Options();
        // beside the source, since a model that has learned little may write nothing
        (options.Sentence1ColumnName, options.Sentence2ColumnName, options.ScoreColumnName) = ("PredictedText", "Source", "Probabilities");
        var chain = context.Transforms.Conversion.MapValueToKey("Label", nameof(Numbered.Name))
            .Append(context.SequenceToSequence.Trainers.Bdia(Sentences.Options(epochs: 8)))
            .Append(context.MulticlassClassification.Trainers.BdiaTextClassification(options))
            .Append(context.Transforms.Conversion.MapKeyToValue("Guess", "PredictedLabel"));
        using var model = chain.Fit(data);
        context.Model.Save(model, data.Schema, folder.File("chain.zip"));

        var loaded = new MLContext().Model.Load(folder.File("chain.zip"), out _);
        string[] outputs = ["PredictedText", "Score", "Probabilities", "PredictedLabel", "Guess"];

        ScoredRows.Of(loaded.Transform(data), outputs).AssertEqual(ScoredRows.Of(model.Transform(data), outputs));
        (loaded as IDisposable)?.Dispose();
    }

    private sealed class Numbered
    {
        public string? Source { get; set; }

        public string? Target { get; set; }

        public string Name { get; set; } = "";
    }
}
