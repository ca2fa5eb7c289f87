namespace Bdia.MLNet;

/// <summary>
/// A named set of defaults of a trainer, by the time that there is: <c>new BdiaImageClassificationTrainer.Options(Recipe.Best)</c>, and
/// likewise for texts that are translated, told apart or gone on with. The log says what it sets; every option may then be set otherwise.
/// With a <see cref="BdiaTrainerOptions.TimeBudget"/> in which not all epochs fit, the schedule ends when the time does.
/// </summary>
public enum Recipe
{
    /// <summary>For minutes: few epochs of the small network, and nothing that pays in long runs alone.</summary>
    Fast,

    /// <summary>
    /// For half an hour to an hour of two cores on some 20,000 small pictures or pairs of sentences: as many epochs of the small network
    /// as it takes to learn most of what such rows hold, and what keeps it from learning them by heart.
    /// </summary>
    Balanced,

    /// <summary>For hours: several times the epochs, as others have reached their best figures, and stronger regularisation.</summary>
    Best,
}
