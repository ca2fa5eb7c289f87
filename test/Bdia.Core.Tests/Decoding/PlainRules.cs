using Bdia.Core.Decoding;
using Bdia.Core.Text;

namespace Bdia.Core.Tests.Decoding;

/// <summary>The rules of options on one text, written for being read: whole texts are looked at, token by token.</summary>
internal sealed class PlainRules(DecodingOptions options, ITextTokenizer? tokenizer = null, params int[] prompt)
{
    /// <summary>The network with a repetition penalty in its logits.</summary>
    public ToyNetwork Penalised(ToyNetwork network) => network with
    {
        Change = (input, written, _) =>
        {
            var logits = network.Logits(input, written);
            foreach (var token in prompt.Concat(written).Distinct())
                logits[token] *= logits[token] > 0 ? 1 / (float)options.RepetitionPenalty : (float)options.RepetitionPenalty;
            return logits;
        },
    };

    /// <summary>Whether a token may follow what is written.</summary>
    public bool Permits(int[] written, int token)
    {
        if (written.Length < options.MinLength && Ends(written, token)) return false;
        int[] text = [.. prompt, .. written, token];
        if (options.NoRepeatNgram is > 0 and var n && text.Length >= n)
            for (var i = 0; i + n < text.Length; i++)
                if (text.AsSpan(i, n).SequenceEqual(text.AsSpan(text.Length - n))) return false;
        return !options.UnwantedTexts.Any(unwanted => Count(text, unwanted) > Count(text[..^1], unwanted));
    }

    /// <summary>Whether a token ends the output.</summary>
    public bool Ends(int[] written, int token)
        => token == SpecialTokens.End || options.StopTexts.Any(stop => Count([.. written, token], stop) > 0);

    private int Count(int[] ids, string text)
    {
        var written = NetworkIds.Text(tokenizer!, ids);
        return Enumerable.Range(0, written.Length).Count(at => written.AsSpan(at).StartsWith(text, StringComparison.Ordinal));
    }
}
