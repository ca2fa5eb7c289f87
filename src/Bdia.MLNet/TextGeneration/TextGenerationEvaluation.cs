using Bdia.MLNet.Texts;
using Microsoft.ML;

namespace Bdia.MLNet.TextGeneration;

/// <summary>Judges a model by rows of texts.</summary>
internal static class TextGenerationEvaluation
{
    public static TextGenerationMetrics Run(ITransformer model, IDataView data, string textColumnName)
    {
        TextColumn.Requirement("text", textColumnName).Check(data.Schema);
        return new(model.Part<BdiaTextGenerationTransformer>().Judge(data, textColumnName));
    }

    /// <summary>
    /// What rows lack to be judged, as the end of a sentence that begins with what they are; null where they lack nothing.
    /// </summary>
    public static string? Lack(IDataView data, string textColumnName)
    {
        TextColumn.Requirement("text", textColumnName).Check(data.Schema);
        var rows = 0L;
        foreach (var text in new TextRowsView(data, textColumnName).Read())
        {
            rows++;
            if (!string.IsNullOrWhiteSpace(text))
                return null;
        }
        return rows == 0 ? "has no rows" : $"has {rows} rows, and none of them a text";
    }
}
