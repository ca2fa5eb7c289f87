namespace Bdia.Core.Decoding;

/// <summary>
/// Cuts a call into batches, so that its memory does not grow with the number of its inputs. Inputs of like length go together, the
/// longest first: little padding, and the most memory is taken at the start.
/// </summary>
internal static class DecodingBatches
{
    /// <summary>
    /// Rows times (tokens of the longest input, prompt included, + tokens of the longest output) of a batch at most; a batch has one input
    /// at least.
    /// </summary>
    public const long Positions = 32_768;

    /// <summary>Rows of a batch at most, which bounds its logits. An input takes as many rows as hypotheses are followed for it.</summary>
    public const int Rows = 512;

    public static IEnumerable<SearchInput[]> Cut(IEnumerable<SearchInput> inputs, int rowsPerInput)
    {
        var batch = new List<SearchInput>();
        var longestOutput = 0;
        foreach (var input in inputs.OrderByDescending(i => i.Given)) // a stable sort
        {
            var longest = Math.Max(longestOutput, input.LongestOutput);
            var rows = (batch.Count + 1L) * rowsPerInput;
            if (batch.Count > 0 && (rows > Rows || rows * ((long)batch[0].Given + longest) > Positions))
            {
                yield return batch.ToArray();
                batch.Clear();
                longest = input.LongestOutput;
            }

            batch.Add(input);
            longestOutput = longest;
        }

        if (batch.Count > 0) yield return batch.ToArray();
    }
}
