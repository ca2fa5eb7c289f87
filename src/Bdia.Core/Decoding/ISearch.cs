using static TorchSharp.torch;

namespace Bdia.Core.Decoding;

/// <summary>A way of choosing tokens for a batch of inputs. It begins with one empty row for each input, in order.</summary>
internal interface ISearch
{
    /// <summary>Chooses the tokens of a step.</summary>
    /// <param name="logits">(R, V), float32: for each row of the step before those of the next token.</param>
    /// <param name="tree">What these rows have written.</param>
    /// <returns>The rows that go on; none at the end.</returns>
    LiveRow[] Advance(Tensor logits, TokenTree tree);

    /// <summary>The hypotheses of each input, best first, once no row goes on.</summary>
    IReadOnlyList<Hypothesis>[] Results { get; }
}
