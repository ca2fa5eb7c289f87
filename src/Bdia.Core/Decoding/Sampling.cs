using System.Runtime.InteropServices;
using Bdia.Core.Numerics;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>Draws outputs: <see cref="DecodingOptions.BestCount"/> for each input, independent of each other.</summary>
internal sealed class Sampling : ISearch
{
    private readonly DecodingOptions options;
    private readonly TokenRules? rules;
    private readonly IReadOnlyList<SearchInput> inputs;
    private readonly List<Hypothesis>[] ended;
    private List<Draw> live = [];

    public Sampling(IReadOnlyList<SearchInput> inputs, DecodingOptions options, TokenRules? rules)
    {
        (this.inputs, this.options, this.rules) = (inputs, options, rules);
        ended = inputs.Select(_ => new List<Hypothesis>(options.BestCount)).ToArray();
        for (var i = 0; i < inputs.Count; i++)
        {
            // Equal inputs get equal draws, wherever they stand; the draws of one input differ.
            var given = inputs[i].Input.Source.Concat(inputs[i].Input.Prompt);
            var key = given.Aggregate(0UL, (key, id) => SplitMix64.Derive(key, (ulong)id));
            for (var n = 0; n < options.BestCount; n++) live.Add(new(i, RandomSequence.At(options.Seed, key, (ulong)n)));
        }
    }

    public IReadOnlyList<Hypothesis>[] Results => Array.ConvertAll<List<Hypothesis>, IReadOnlyList<Hypothesis>>(
        ended, draws => [.. draws.OrderByDescending(h => h.Finished).ThenByDescending(h => h.Score)]);

    public LiveRow[] Advance(NextTokens nextTokens, TokenTree tree)
    {
        var (isFirst, logits) = (tree.Length == 0, nextTokens.Logits());
        if (isFirst && options.BestCount > 1) logits = logits.repeat_interleave(options.BestCount, 0);
        var ruled = rules is null ? null
            : this.live.Select((draw, i) => inputs[draw.Input].Ruled(tree, i)).ToArray();
        var logProbabilities = rules is null ? TopTokens.LogProbabilities(logits) : rules.Apply(logits, ruled!);
        var tokens = TokenDraw.From(logProbabilities,
            this.live.Select(draw => ForcedAt(draw, tree) is null ? draw.Random.NextUniform() : 0).ToArray(), options);
        var drawn = logProbabilities.gather(1, tensor(tokens, device: logProbabilities.device).unsqueeze(1)).to(float64).cpu();
        var values = MemoryMarshal.Cast<byte, double>(drawn.bytes);

        var next = new List<LiveRow>();
        var live = new List<Draw>();
        for (var i = 0; i < this.live.Count; i++)
        {
            var (draw, parent) = (this.live[i], isFirst ? this.live[i].Input : i);
            if (ForcedAt(draw, tree) is { } token)
            {
                next.Add(new LiveRow(parent, token, 0)); // the prompt's probability is no part of the output's
                live.Add(draw);
                continue;
            }

            var forced = inputs[draw.Input].Forced;
            var length = tree.Length + 1 - forced; // of the output
            if (rules is not null && double.IsNegativeInfinity(values[i]) && !HasAny(logProbabilities, i))
            {
                ended[draw.Input].Add(Abandoned(inputs[draw.Input], tree, i, length - 1));
                continue;
            }

            if (!double.IsFinite(values[i])) throw DecodingFaults.NotFinite(inputs[draw.Input], length, values[i]);
            var row = new LiveRow(parent, (int)tokens[i], values[i] + (isFirst ? 0 : tree.Last[i].LogProbability));
            var isFinished = rules?.Ends(ruled![i]!.Value, row.Token) ?? row.Token == SpecialTokens.End;
            if (isFinished || length == inputs[draw.Input].LongestOutput)
            {
                ended[draw.Input].Add(inputs[draw.Input].Output(tree, tree.Length, row, row.LogProbability / options.Penalty(length),
                    isFinished));
            }
            else
            {
                next.Add(row);
                live.Add(draw);
            }
        }

        this.live = live;
        return [.. next];
    }

    // What was written before no token was left.
    private Hypothesis Abandoned(SearchInput input, TokenTree tree, int row, int length)
        => length == 0 ? new([], 0, 0, false)
            : input.Output(tree, tree.Length - 1, tree.Last[row], tree.Last[row].LogProbability / options.Penalty(length), false);

    private static bool HasAny(Tensor logProbabilities, int row)
        => TensorMath.With(double.NegativeInfinity, never => logProbabilities[row].ne(never)).any().item<bool>();

    private int? ForcedAt(Draw draw, TokenTree tree) => inputs[draw.Input].ForcedAt(tree.Length);

    /// <summary>One output that is being drawn.</summary>
    private sealed class Draw(int input, RandomSequence random)
    {
        public int Input => input;

        public RandomSequence Random = random; // a field: its state moves on
    }
}
