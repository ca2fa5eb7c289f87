using System.Text;

namespace Bdia.Benchmarks;

/// <summary>Rows of text as a Markdown table.</summary>
internal sealed class MarkdownTable(params string[] columns)
{
    private readonly List<string[]> rows = [];

    /// <summary>How many columns, from the left, are text rather than figures. Default 1.</summary>
    public int TextColumns { get; init; } = 1;

    public void Add(params string[] cells) => rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
        Line(columns);
        Line(columns.Select((_, i) => i < TextColumns ? "---" : "---:"));
        foreach (var row in rows) Line(row);
        return text.ToString();
    }
}
