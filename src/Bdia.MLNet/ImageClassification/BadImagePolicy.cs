namespace Bdia.MLNet;

/// <summary>
/// What becomes of an image that cannot be used: missing, not decodable, cut short, a vector of another length, with pixels that are not
/// finite or out of all proportion to those of the training data.
/// </summary>
public enum BadImagePolicy
{
    /// <summary>
    /// Training or scoring stops with an <see cref="InvalidDataException"/> that names the row and the reason. The default.
    /// </summary>
    Throw,

    /// <summary>
    /// In training the row is left out. When scoring, all its scores are NaN and its predicted label is missing. Such rows are counted in
    /// the log.
    /// </summary>
    Skip,
}
