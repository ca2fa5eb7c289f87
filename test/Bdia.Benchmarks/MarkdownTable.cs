using System.Text;

namespace Bdia.Benchmarks;

/// <summary>Rows of text as a Markdown table.</summary>
internal sealed class MarkdownTable(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    public void Add(params string[] cells) => _rows.Add(cells);

    public override string ToString()
    {
        var text = new StringBuilder();
        void Line(IEnumerable<string> cells) => text.Append("| ").AppendJoin(" | ", cells).AppendLine(" |");
        Line(columns);
        Line(columns.Select((_, i) => i == 0 ? "---" : "---:"));
        foreach (var row in _rows) Line(row);
        return text.ToString();
    }
}
