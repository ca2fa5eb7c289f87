namespace Bdia.Samples.TextClassification.Data;

/// <summary>A text and what it is, as an application would have them.</summary>
internal class TextRow
{
    public string Text { get; set; } = "";

    public string Class { get; set; } = "";
}
