namespace Bdia.MLNet;

/// <summary>What becomes of an image that cannot be used: not decodable, empty, of another size or channel count, with pixels that are not finite.</summary>
public enum BadImagePolicy
{
    /// <summary>Training or scoring stops with an <see cref="InvalidDataException"/> that names the row and the reason. The default.</summary>
    Throw,

    /// <summary>
    /// In training the row is left out. When scoring, all its scores are NaN and its predicted label is missing. Such rows are counted in the log.
    /// </summary>
    Skip,
}
