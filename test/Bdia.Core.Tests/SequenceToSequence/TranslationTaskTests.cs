using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.SequenceToSequence;

public class TranslationTaskTests
{
    private const int Vocabulary = 23;
    internal static readonly EncoderDecoderOptions Tiny = new()
    {
        SourceVocabulary = Vocabulary, TargetVocabulary = Vocabulary, Width = 16, EncoderDepth = 2, DecoderDepth = 2,
            Heads = 2, FeedForwardWidth = 32,
    };

    // Of several lengths on either side, one of them cut off.
    private static readonly (int[] Source, int[] Target)[] Rows =
        [([5, 6, 7, 8, 2], [9, 10, 2]), ([11, 2], [12, 13, 14, 15, 16, 17]), ([18, 19, 2], [20, 2]), ([21, 22, 5, 2], [3, 4, 5, 2])];

    [Theory]
    [InlineData(0)]
    [InlineData(0.15)]
    public void Loss_is_the_mean_over_all_target_tokens_whatever_the_padding(double smoothing)
    {
        using var scope = NewDisposeScope();
        using var model = new EncoderDecoder(Tiny, seed: 3);
        model.eval(); // a training pass draws by rows; here a row alone must give what it gives in a batch
        using var task = Task(model, new TrainingOptions { LabelSmoothing = smoothing });
        using var batch = Batch();
        var loss = task.Loss(batch);

        var (sum, tokens, correct) = (0.0, 0, 0);
        foreach (var (source, target) in Rows)
        {
            var logits = Logits(model, source, target);
            for (var t = 0; t < target.Length; t++, tokens++)
            {
                var row = logits[t];
                var logSum = Math.Log(row.Sum(Math.Exp));
                for (var v = 0; v < Vocabulary; v++)
                    sum -= ((v == target[t] ? 1 - smoothing : 0) + (v == SpecialTokens.Padding ? 0 : smoothing / (Vocabulary - 1)))
                        * (row[v] - logSum);
                if (row[target[t]] == row.Max()) correct++;
            }
        }

        Assert.Equal((tokens, tokens, correct), ((int)loss.Weight, (int)loss.Items, (int)loss.Correct!));
        // States are rounded to a grid of 2^-9, and rounding may fall otherwise by one step where padding changes the order of a sum.
        Assert.Equal(sum / tokens, loss.Loss.item<float>(), 0.005);
    }

    [Theory]
    [InlineData(true, ComputePrecision.Float32)]
    [InlineData(false, ComputePrecision.Float32)]
    [InlineData(true, ComputePrecision.BFloat16)]
    [InlineData(false, ComputePrecision.BFloat16)]
    public void Gradients_of_all_weights_are_those_of_libtorchs_operations(bool tied, ComputePrecision precision)
    {
        // The loss writes over the logits, which is sound only if the output product's backward pass does not read them.
        var options = Tiny with { TieOutput = tied, Precision = precision, Dropout = 0 };
        var own = Gradients(options, (model, batch) =>
        {
            using var task = Task(model, new TrainingOptions { LabelSmoothing = 0.1 });
            task.Loss(batch).Loss.backward();
        });
        var plain = Gradients(options, (model, batch) =>
        {
            var memory = model.Encode(batch.Source);
            var states = model.Decode(batch.Target, memory, batch.Source).reshape(-1, Tiny.Width).index_select(0, batch.Positions!);
            var logProbabilities = nn.functional.log_softmax(model.Project(states), 1);
            var own = logProbabilities.gather(1, tensor(batch.Outputs, int64).unsqueeze(1)).sum();
            var others = logProbabilities.narrow(1, 1, Vocabulary - 1).sum();
            (-own.Times(0.9).Plus(others.Times(0.1 / (Vocabulary - 1)))).Over(batch.Outputs.Length).backward();
        });

        Assert.Equal(plain.Keys, own.Keys);
        // bf16 rounds each product's operands to 8 bits, and the two gradients of the logits may round to different neighbours.
        var tolerance = precision == ComputePrecision.Float32 ? 1e-5 : 2e-2;
        foreach (var (name, gradient) in plain)
        {
            var scale = Math.Max(gradient.Max(Math.Abs), 1e-3f);
            for (var i = 0; i < gradient.Length; i++) Assert.True(Math.Abs(gradient[i] - own[name][i]) <= tolerance * scale,
                $"{name}[{i}]: {own[name][i]} for {gradient[i]}");
        }
    }

    [Fact]
    public void Validation_counts_every_target_token_once_without_smoothing()
    {
        using var scope = NewDisposeScope();
        using var model = new EncoderDecoder(Tiny, seed: 4);
        model.eval();
        using var noGradient = no_grad();
        var rows = new SequenceRows(Vocabulary, Vocabulary);
        for (var i = 0; i < 3; i++)
            foreach (var (source, target) in Rows) rows.Add(source, target);
        foreach (var tokens in (int[])[1, 12, 1000])
        {
            using var task = Task(model, new TrainingOptions { LabelSmoothing = 0.3 }, rows,
                new() { TokensPerBatch = tokens, BleuEveryEpochs = 0 });
            var validation = task.Validate(1, new StopSignal(null, null, CancellationToken.None))!;

            var expected = 3 * Rows.Sum(row => Logits(model, row.Source, row.Target)
                .Select((logits, t) => Math.Log(logits.Sum(Math.Exp)) - logits[row.Target[t]]).Sum());
            Assert.Equal(3 * Rows.Sum(row => row.Target.Length), validation.Items);
            Assert.Equal(expected / validation.Items, validation.Loss, 0.005); // as above
            Assert.Equal(Math.Exp(validation.Loss), validation.Perplexity);
            Assert.Null(validation.Score);
        }
    }

    private static Dictionary<string, float[]> Gradients(EncoderDecoderOptions options, Action<EncoderDecoder, TokenBatch> backward)
    {
        using var scope = NewDisposeScope();
        using var model = new EncoderDecoder(options, seed: 5); // the clock stands still: both draw the same gammas
        using var batch = Batch();
        backward(model, batch);
        return model.named_parameters().ToDictionary(p => p.name, p => p.parameter.grad!.data<float>().ToArray());
    }

    private static double[][] Logits(EncoderDecoder model, int[] source, int[] target)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var ids = tensor(source, int64).unsqueeze(0);
        var states = model.Decode(tensor((int[])[SpecialTokens.Start, .. target[..^1]], int64).unsqueeze(0), model.Encode(ids), ids);
        return [.. model.Project(states).data<float>().Select(x => (double)x).Chunk(Vocabulary)];
    }

    internal static TokenBatch Batch()
    {
        var rows = new SequenceRows(Vocabulary, Vocabulary);
        foreach (var (source, target) in Rows) rows.Add(source, target);
        return TokenBatchWriter.Write(rows, [0, 1, 2, 3], [0, 1, 2, 3]);
    }

    internal static TranslationTask Task(EncoderDecoder model, TrainingOptions training, SequenceRows? validation = null,
        SequenceTrainingOptions? options = null)
    {
        var tokenizer = new AlphabetTokenizer("abcdefghijklmnopqrst");
        var data = new SequenceData(tokenizer, tokenizer, new SequenceRows(4, 4), validation, [], 50, new Dictionary<string, string>());
        return new TranslationTask(model, data, training, options ?? new(), 1, new Dictionary<string, string>(), CPU);
    }
}
