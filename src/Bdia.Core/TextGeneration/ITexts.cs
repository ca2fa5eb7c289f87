namespace Bdia.Core.TextGeneration;

/// <summary>Rows of texts that can be read more than once, in the same order.</summary>
public interface ITexts
{
    /// <summary>Reads all rows from the first.</summary>
    IEnumerable<string> Read();
}
