using System.Runtime.InteropServices;
using Bdia.Core.Automata;
using Bdia.Core.Text;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>
/// Which tokens may come next, by options that say what an output must or must not have. Searches choose among the tokens that are left;
/// their log-probabilities stay as they were.
/// </summary>
internal sealed class TokenRules
{
    private readonly DecodingOptions options;
    private readonly TextRules? texts;

    private TokenRules(DecodingOptions options, TextRules? texts) => (this.options, this.texts) = (options, texts);

    /// <summary>The rules of options; null where there are none, and every token may come.</summary>
    /// <param name="options">The options.</param>
    /// <param name="tokenizer">Of what is written; null where none of the rules is about texts.</param>
    public static TokenRules? Of(DecodingOptions options, ITextTokenizer? tokenizer)
    {
        var texts = tokenizer is null ? null : TextRules.Of(options, tokenizer);
        var any = texts is not null || options.MinLength > 0 || options.NoRepeatNgram > 0 || options.RepetitionPenalty != 1;
        return any ? new TokenRules(options, texts) : null;
    }

    /// <summary>
    /// Log-probabilities of all tokens, (R, V), float64 on the CPU; minus infinity for those that may not come, of all tokens where none
    /// may.
    /// </summary>
    /// <param name="logits">(R, V).</param>
    /// <param name="rows">The rows; null for one whose next token is given.</param>
    public Tensor Apply(Tensor logits, IReadOnlyList<RuledRow?> rows)
    {
        using var scope = NewDisposeScope();
        var own = logits.cpu().contiguous();
        if (options.RepetitionPenalty != 1) own = Penalised(own, rows);
        var logProbabilities = TopTokens.LogProbabilities(own).contiguous();
        var vocabulary = (int)logits.shape[1];
        var values = MemoryMarshal.Cast<byte, double>(logProbabilities.bytes);
        for (var r = 0; r < rows.Count; r++)
            if (rows[r] is { } row) Exclude(row, values.Slice(r * vocabulary, vocabulary));
        return logProbabilities.MoveToOuterDisposeScope();
    }

    /// <summary>Whether a token ends the output of a row: the end token, and one that completes a stop text.</summary>
    public bool Ends(RuledRow row, int token) => token == SpecialTokens.End || texts?.Stops(row, token) == true;

    private Tensor Penalised(Tensor logits, IReadOnlyList<RuledRow?> rows)
    {
        var result = logits.clone();
        var vocabulary = (int)logits.shape[1];
        var values = MemoryMarshal.Cast<byte, float>(result.bytes);
        var penalty = (float)options.RepetitionPenalty;
        for (var r = 0; r < rows.Count; r++)
        {
            if (rows[r] is not { } row) continue;
            var logitsOfRow = values.Slice(r * vocabulary, vocabulary);
            foreach (var token in row.Text.Distinct()) logitsOfRow[token] *= logitsOfRow[token] > 0 ? 1 / penalty : penalty;
        }

        return result;
    }

    private void Exclude(RuledRow row, Span<double> logProbabilities)
    {
        var isShort = row.Written < options.MinLength;
        if (isShort) logProbabilities[SpecialTokens.End] = double.NegativeInfinity;
        if (options.NoRepeatNgram > 0) ExcludeRepetitions(row.Text, logProbabilities);
        texts?.Exclude(row, isShort, logProbabilities);
    }

    private void ExcludeRepetitions(ReadOnlySpan<int> text, Span<double> logProbabilities)
    {
        var before = options.NoRepeatNgram - 1; // tokens of a sequence before the one to come
        if (text.Length < before) return;
        var last = text[^before..];
        for (var i = 0; i + before < text.Length; i++)
            if (text.Slice(i, before).SequenceEqual(last)) logProbabilities[text[i + before]] = double.NegativeInfinity;
    }
}
