namespace Bdia.Data.Texts;

/// <summary>A text and its translation: one row of the data view.</summary>
public sealed class TextPair
{
    /// <summary>What is translated.</summary>
    public string Source { get; set; } = "";

    /// <summary>What it is to become.</summary>
    public string Target { get; set; } = "";
}
