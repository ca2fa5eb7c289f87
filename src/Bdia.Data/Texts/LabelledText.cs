namespace Bdia.Data.Texts;

/// <summary>A text and what it is, as an application would have them.</summary>
public class LabelledText
{
    /// <summary>The text.</summary>
    public string Text { get; set; } = "";

    /// <summary>The name of its class.</summary>
    public string Class { get; set; } = "";
}
