namespace Bdia.Core.Decoding;

/// <summary>A way of choosing tokens for a batch of inputs. It begins with one empty row for each input, in order.</summary>
internal interface ISearch
{
    /// <summary>Chooses the tokens of a step.</summary>
    /// <param name="nextTokens">Of each row of the step before.</param>
    /// <param name="tree">What these rows have written.</param>
    /// <returns>The rows that go on; none at the end.</returns>
    LiveRow[] Advance(NextTokens nextTokens, TokenTree tree);

    /// <summary>The hypotheses of each input, best first, once no row goes on.</summary>
    IReadOnlyList<Hypothesis>[] Results { get; }
}
