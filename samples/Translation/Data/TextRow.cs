namespace Bdia.Samples.Translation.Data;

/// <summary>A text and its translation: one row of the data view.</summary>
internal sealed class TextRow
{
    /// <summary>What is translated.</summary>
    public string Source { get; set; } = "";

    /// <summary>What it is to become.</summary>
    public string Target { get; set; } = "";
}
