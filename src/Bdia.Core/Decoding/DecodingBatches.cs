namespace Bdia.Core.Decoding;

/// <summary>
/// Cuts a call into batches, so that its memory does not grow with the number of its inputs. Inputs of like length go together, the
/// longest first: little padding, and the most memory is taken at the start.
/// </summary>
internal static class DecodingBatches
{
    /// <summary>Rows times (tokens of the longest input + tokens of the longest output) of a batch at most; a batch has one input at least.</summary>
    public const long Positions = 32_768;

    /// <summary>Rows of a batch at most, which bounds its logits. An input takes as many rows as hypotheses are followed for it.</summary>
    public const int Rows = 512;

    public static IEnumerable<DecodingInput[]> Of(IEnumerable<DecodingInput> inputs, int rowsPerInput)
    {
        var batch = new List<DecodingInput>();
        var longestOutput = 0;
        foreach (var input in inputs.OrderByDescending(i => i.Ids.Count)) // a stable sort
        {
            var longest = Math.Max(longestOutput, input.LongestOutput);
            var rows = (batch.Count + 1L) * rowsPerInput;
            if (batch.Count > 0 && (rows > Rows || rows * ((long)batch[0].Ids.Count + longest) > Positions))
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
