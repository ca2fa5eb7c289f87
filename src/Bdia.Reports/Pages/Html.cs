using System.Globalization;
using System.Net;
using System.Text;

namespace Bdia.Reports.Pages;

/// <summary>Writes HTML: texts are encoded, tables have captions and headers of their rows and columns.</summary>
internal sealed class Html
{
    private readonly StringBuilder text = new();

    public static string Encoded(string value) => WebUtility.HtmlEncode(value);

    /// <summary>A number for SVG and styles, with a point on every machine.</summary>
    public static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);

    public Html Raw(string markup)
    {
        text.Append(markup).Append('\n');
        return this;
    }

    public Html Paragraph(string value) => Raw($"<p>{Encoded(value)}</p>");

    /// <summary>A part with a heading that the list of parts leads to.</summary>
    public Html Section(string id, string heading, Action<Html> content)
    {
        Raw($"<section id=\"{id}\" aria-labelledby=\"{id}-h\"><h2 id=\"{id}-h\">{Encoded(heading)}</h2>");
        content(this);
        return Raw("</section>");
    }

    /// <summary>A table of names and values.</summary>
    public Html Pairs(string caption, IEnumerable<(string Name, string Value)> rows)
    {
        Raw($"<table class=\"pairs\"><caption>{Encoded(caption)}</caption><tbody>");
        foreach (var (name, value) in rows) Raw($"<tr><th scope=\"row\">{Encoded(name)}</th><td>{Encoded(value)}</td></tr>");
        return Raw("</tbody></table>");
    }

    /// <summary>A table whose first column names its rows. Wide ones are scrolled, by the keyboard as well.</summary>
    public Html Table(string caption, IReadOnlyList<string> head, IEnumerable<IReadOnlyList<Cell>> rows)
    {
        Raw($"<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"{Encoded(caption)}\"><table>"
            + $"<caption>{Encoded(caption)}</caption><thead><tr>"
            + string.Concat(head.Select(name => $"<th scope=\"col\">{Encoded(name)}</th>")) + "</tr></thead><tbody>");
        foreach (var row in rows)
            Raw("<tr>" + string.Concat(row.Select((cell, i) => i == 0 ? $"<th scope=\"row\">{cell.Markup}</th>" : cell.Tag)) + "</tr>");
        return Raw("</tbody></table></div>");
    }

    public override string ToString() => text.ToString();
}

/// <summary>A cell of a table.</summary>
/// <param name="Markup">What is in it, as HTML.</param>
/// <param name="Attributes">Attributes of its tag.</param>
internal sealed record Cell(string Markup, string Attributes = "")
{
    public string Tag => $"<td{(Attributes.Length > 0 ? " " : "")}{Attributes}>{Markup}</td>";

    public static Cell Text(string value) => new(Html.Encoded(value));

    public static Cell Figure(string value) => new(Html.Encoded(value), "class=\"n\"");
}
