namespace Bdia.Reports.Rows;

/// <summary>A row of any task.</summary>
/// <param name="Name">What it is known by: a file, or its number.</param>
/// <param name="Text">The text that is read; "" for a picture.</param>
/// <param name="Expected">The class, or the text that is to be written; "" where that is not known.</param>
/// <param name="Picture">Gives the bytes of a picture file; null for a text.</param>
public sealed record DataRow(string Name, string Text, string Expected, Func<byte[]>? Picture = null);
