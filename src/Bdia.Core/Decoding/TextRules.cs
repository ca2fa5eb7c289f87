using Bdia.Core.Automata;
using Bdia.Core.Text;

namespace Bdia.Core.Decoding;

/// <summary>
/// The rules that are about texts, told of tokens: each token is followed byte by byte, so that it does not matter which tokens a text is
/// made of.
/// </summary>
internal sealed class TextRules
{
    private readonly TokenSpelling spelling;
    private readonly TextMatcher? unwanted, stops;
    private readonly ByteAutomaton? shape;
    private readonly Dictionary<(int State, bool AtStart), bool[]> leading = [];
    private readonly Dictionary<(TextMatcher Matcher, int State, bool AtStart), bool[]> completing = [];

    private TextRules(TokenSpelling spelling, DecodingOptions options)
    {
        this.spelling = spelling;
        if (options.UnwantedTexts.Count > 0) unwanted = new TextMatcher(options.UnwantedTexts);
        if (options.StopTexts.Count > 0) stops = new TextMatcher(options.StopTexts);
        if (options.Shape is { } grammar) shape = new ByteAutomaton(grammar);
    }

    /// <summary>The rules of options; null where none is about texts that are yet to be written.</summary>
    /// <exception cref="ArgumentException">The tokenizer does not say what its tokens write.</exception>
    public static TextRules? Of(DecodingOptions options, ITextTokenizer tokenizer)
    {
        if (options.UnwantedTexts.Count + options.StopTexts.Count == 0 && !options.HasShape) return null;
        var spelling = (tokenizer as ISpelledTokenizer)?.Spelling ?? throw new ArgumentException(
            "UnwantedTexts, StopTexts, OneOf, OnlyWords, Pattern and JsonShape need to know what each token writes, and the tokenizer does "
            + "not tell: it changes texts as a whole, or is none of this library's. Leave them out, or use a byte-pair, word or character "
            + "tokenizer.", nameof(tokenizer));
        return new TextRules(spelling, options);
    }

    /// <summary>Whether a token completes a stop text.</summary>
    public bool Stops(RuledRow row, int token)
    {
        if (stops is null) return false;
        var (state, atStart) = Follow(stops, row, row.Given);
        return Completing(stops, state, atStart)[token];
    }

    /// <summary>Gives tokens that may not come the log-probability minus infinity.</summary>
    /// <param name="row">What is written.</param>
    /// <param name="isShort">Whether the output may not end yet.</param>
    /// <param name="logProbabilities">Of all tokens.</param>
    public void Exclude(RuledRow row, bool isShort, Span<double> logProbabilities)
    {
        if (unwanted is not null) Exclude(unwanted, row, 0, logProbabilities);
        if (stops is not null && isShort) Exclude(stops, row, row.Given, logProbabilities);
        if (shape is not null) Shape(shape, row, logProbabilities);
    }

    // Only tokens that lead on to a whole text, and the end where there is one.
    private void Shape(ByteAutomaton shape, RuledRow row, Span<double> logProbabilities)
    {
        var (state, atStart) = (shape.Start, true);
        for (var i = 0; i < row.Text.Length; i++)
            foreach (var value in Spelled(row.Text[i], ref atStart))
                if (i >= row.Given) state = shape.Next(state, value);
        var permitted = Leading(shape, state, atStart);
        for (var token = 0; token < permitted.Length; token++)
            if (!permitted[token]) logProbabilities[token] = double.NegativeInfinity;
    }

    private bool[] Leading(ByteAutomaton shape, int state, bool atStart)
    {
        if (leading.TryGetValue((state, atStart), out var known)) return known;
        var tokens = new bool[spelling.Count + SpecialTokens.Count];
        tokens[SpecialTokens.End] = shape.MayEnd(state);
        for (var token = SpecialTokens.Count; token < tokens.Length; token++)
        {
            var (here, isAtStart, any) = (state, atStart, false);
            foreach (var value in Spelled(token, ref isAtStart))
            {
                any = true;
                if ((here = shape.Next(here, value)) == IByteAutomaton.Dead) break;
            }

            tokens[token] = any && here != IByteAutomaton.Dead; // a token that writes nothing leads nowhere
        }

        return leading[(state, atStart)] = tokens;
    }

    private void Exclude(TextMatcher matcher, RuledRow row, int from, Span<double> logProbabilities)
    {
        var (state, atStart) = Follow(matcher, row, from);
        var excluded = Completing(matcher, state, atStart);
        for (var token = 0; token < excluded.Length; token++)
            if (excluded[token]) logProbabilities[token] = double.NegativeInfinity;
    }

    // Where the matcher stands behind the text, from a token on; what a prompt has in it is no fault of the output's.
    private (int State, bool AtStart) Follow(TextMatcher matcher, RuledRow row, int from)
    {
        var (state, atStart) = (0, true);
        for (var i = 0; i < row.Text.Length; i++)
            foreach (var value in Spelled(row.Text[i], ref atStart))
                if (i >= from) state = matcher.Next(state, value);
        return (state, atStart);
    }

    private bool[] Completing(TextMatcher matcher, int state, bool atStart)
    {
        if (completing.TryGetValue((matcher, state, atStart), out var known)) return known;
        var tokens = new bool[spelling.Count + SpecialTokens.Count];
        for (var token = SpecialTokens.Count; token < tokens.Length; token++)
        {
            var (here, isAtStart) = (state, atStart);
            foreach (var value in Spelled(token, ref isAtStart)) tokens[token] |= matcher.Ends(here = matcher.Next(here, value));
        }

        return completing[(matcher, state, atStart)] = tokens;
    }

    private ReadOnlySpan<byte> Spelled(int token, ref bool atStart)
        => token < SpecialTokens.Count ? [] : spelling.Bytes(token - SpecialTokens.Count, ref atStart);
}
