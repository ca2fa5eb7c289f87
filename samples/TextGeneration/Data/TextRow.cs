namespace Bdia.Samples.TextGeneration.Data;

/// <summary>A text, or what one is to begin with: one row of the data view.</summary>
internal sealed class TextRow
{
    /// <summary>The text.</summary>
    public string Text { get; set; } = "";

    /// <summary>What has to follow a prompt; "" where nothing has to.</summary>
    public string Answer { get; set; } = "";
}
