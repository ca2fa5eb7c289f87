using Bdia.Core.TextGeneration;
using Microsoft.ML;

namespace Bdia.MLNet.TextGeneration;

/// <summary>A column of a view as the engine reads texts: as often as it wants to, in the view's own order.</summary>
internal sealed class TextRowsView(IDataView data, string column) : ITexts
{
    public IEnumerable<string> Read()
    {
        var found = data.Schema[column];
        using var cursor = data.GetRowCursor([found]);
        var getter = cursor.GetGetter<ReadOnlyMemory<char>>(found);
        ReadOnlyMemory<char> text = default;
        while (cursor.MoveNext())
        {
            getter(ref text);
            yield return text.ToString();
        }
    }
}
