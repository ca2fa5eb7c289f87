namespace Bdia.Core.Text;

/// <summary>What becomes of a text with more tokens than the longest that is allowed.</summary>
public enum LongTextPolicy
{
    /// <summary>Its end is cut off; such texts are counted. The default.</summary>
    Truncate,

    /// <summary>It is an error that names the row.</summary>
    Throw,
}
