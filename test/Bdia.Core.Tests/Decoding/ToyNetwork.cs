using System.Runtime.InteropServices;
using Bdia.Core.Decoding;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Decoding;

/// <summary>A language of random tables: the logits of the next token are a function of the input and of all that was written.</summary>
/// <param name="Vocabulary">Ids, special ones included.</param>
/// <param name="Seed">Of the tables.</param>
/// <param name="Levels">0 = normally distributed logits; otherwise so many different values, so that ties are frequent.</param>
/// <param name="EndBias">Added to the logit of the end token.</param>
internal sealed record ToyNetwork(int Vocabulary, ulong Seed, int Levels = 0, float EndBias = 0)
{
    /// <summary>Replaces the table where a test wants a certain one.</summary>
    public Func<IReadOnlyList<int>, IReadOnlyList<int>, float[], float[]> Change { get; init; } = (_, _, logits) => logits;

    /// <summary>Logits of the token behind <paramref name="written"/> (start token not counted).</summary>
    public float[] Logits(IReadOnlyList<int> input, IReadOnlyList<int> written)
    {
        var place = input.Append(-1).Concat(written).Select(id => (ulong)id).ToArray();
        var random = RandomSequence.At(Seed, place);
        var logits = new float[Vocabulary];
        for (var i = 0; i < Vocabulary; i++) logits[i] = Levels > 0 ? random.Next(Levels) : (float)random.NextGaussian();
        logits[SpecialTokens.End] += EndBias;
        return Change(input, written, logits);
    }

    /// <summary>
    /// The same as log-probabilities, rounded as the decoder rounds them; minus infinity for tokens that are never written.
    /// </summary>
    public double[] LogProbabilities(IReadOnlyList<int> input, IReadOnlyList<int> written)
    {
        using var scope = NewDisposeScope();
        var values = TopTokens.LogProbabilities(tensor(Logits(input, written)).unsqueeze(0));
        return MemoryMarshal.Cast<byte, double>(values.bytes).ToArray();
    }

    public IReadOnlyList<Hypothesis>[] Decode(IReadOnlyList<IReadOnlyList<int>> inputs, DecodingOptions options)
        => Decode(new ToyScorer(this, inputs), options);

    public static IReadOnlyList<Hypothesis>[] Decode(ToyScorer scorer, DecodingOptions options)
    {
        options.Validate();
        using (scorer)
            return BatchDecoding.Run(scorer,
                scorer.Inputs.Select((ids, i) => new SearchInput(i, new(ids, scorer.Prompts?[i] ?? []), options.LongestOutput(ids.Count)))
                .ToArray(), options, TokenRules.Of(options, scorer.Tokenizer), scorer.Cancellation);
    }

    /// <summary>Prompts of the given lengths, of any tokens but padding and start.</summary>
    public int[][] Prompts(int[] lengths, ulong seed)
    {
        var random = RandomSequence.At(seed);
        return [.. lengths.Select(length => Enumerable.Range(0, length)
            .Select(_ => SpecialTokens.End + random.Next(Vocabulary - SpecialTokens.End)).ToArray())];
    }

    /// <summary>The network as it is behind a prompt.</summary>
    public ToyNetwork Behind(int[] prompt) => this with { Change = (input, written, _) => Logits(input, [.. prompt, .. written]) };

    /// <summary>Different inputs of 1 to 4 tokens.</summary>
    public static int[][] Inputs(int count, int first = 0)
        => Enumerable.Range(first, count)
            .Select(i => Enumerable.Repeat(3 + i, i % 4).Append(SpecialTokens.End).Prepend(1000 + i).Skip(i % 4 == 3 ? 1 : 0).ToArray())
            .ToArray();
}

/// <summary>A toy network at work on a batch.</summary>
internal sealed class ToyScorer(ToyNetwork network, IReadOnlyList<IReadOnlyList<int>> inputs) : INextTokenScorer
{
    private List<(int Input, List<int> Written)> rows = inputs.Select((_, i) => (i, new List<int>())).ToList();

    public IReadOnlyList<IReadOnlyList<int>> Inputs => inputs;

    /// <summary>Rows of each step.</summary>
    public List<int> RowsOfSteps { get; } = [];

    public int Selections { get; private set; }

    /// <summary>What the text for each input begins with; null for nothing.</summary>
    public IReadOnlyList<int>[]? Prompts { get; init; }

    public CancellationToken Cancellation { get; init; }

    /// <summary>Of the texts that are written, where options are about them.</summary>
    public ITextTokenizer? Tokenizer { get; init; }

    public Action BeforeStep { get; init; } = () => { };

    public Tensor Next(Tensor ids)
    {
        BeforeStep();
        var tokens = MemoryMarshal.Cast<byte, long>(ids.bytes);
        Assert.Equal(rows.Count, ids.shape[0]);
        RowsOfSteps.Add(rows.Count);
        for (var i = 0; i < tokens.Length; i++) rows[i / (int)ids.shape[1]].Written.Add((int)tokens[i]);
        Assert.All(rows, row => Assert.Equal(SpecialTokens.Start, row.Written[0]));
        return tensor(rows.SelectMany(row => network.Logits(inputs[row.Input], row.Written.Skip(1).ToArray())).ToArray(),
            [rows.Count, network.Vocabulary]);
    }

    public void Select(Tensor rows)
    {
        Selections++;
        this.rows = MemoryMarshal.Cast<byte,
            long>(rows.bytes).ToArray().Select(row => (this.rows[(int)row].Input, this.rows[(int)row].Written.ToList())).ToList();
    }

    public void Dispose()
    {
    }
}
