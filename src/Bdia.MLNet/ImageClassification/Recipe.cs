namespace Bdia.MLNet;

/// <summary>
/// A named set of defaults for training on pictures, by the time that there is: <c>new
/// BdiaImageClassificationTrainer.Options(Recipe.Best)</c>. Every option may then be set otherwise.
/// </summary>
public enum Recipe
{
    /// <summary>For minutes: 10 epochs of the small network, label smoothing.</summary>
    Fast,

    /// <summary>
    /// For half an hour to an hour of two cores on 20,000 small pictures: 40 epochs of the small network, with label smoothing,
    /// TrivialAugment, and mixup or CutMix for half of the images; the moving average of the weights is the model.
    /// </summary>
    Balanced,

    /// <summary>
    /// For hours: 200 epochs of a network of width 192 and 9 blocks, with all of that, random erasing and stochastic depth.
    /// </summary>
    Best,
}
