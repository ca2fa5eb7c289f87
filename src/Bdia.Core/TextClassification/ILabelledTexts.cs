namespace Bdia.Core.TextClassification;

/// <summary>Rows of texts with a class that can be read more than once, in the same order.</summary>
public interface ILabelledTexts
{
    /// <summary>Reads all rows from the first.</summary>
    IEnumerable<LabelledText> Read();
}
