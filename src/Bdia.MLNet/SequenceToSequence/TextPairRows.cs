using Bdia.Core.SequenceToSequence;
using Microsoft.ML;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>The rows of a view as pairs of texts, all of them, so that their numbers are the view's.</summary>
internal sealed class TextPairRows(IDataView data, string sourceColumn, string targetColumn) : ITextPairs
{
    public IEnumerable<TextPair> Read()
    {
        var (source, target) = (data.Schema[sourceColumn], data.Schema[targetColumn]);
        using var cursor = data.GetRowCursor([source, target]);
        var readSource = cursor.GetGetter<ReadOnlyMemory<char>>(source);
        var readTarget = cursor.GetGetter<ReadOnlyMemory<char>>(target);
        ReadOnlyMemory<char> sourceText = default, targetText = default;
        while (cursor.MoveNext())
        {
            readSource(ref sourceText);
            readTarget(ref targetText);
            yield return new TextPair(sourceText.ToString(), targetText.ToString());
        }
    }
}
