namespace Bdia.Core.ImageClassification;

/// <summary>First coordinate of every random sequence of a run, so that no two uses share numbers.</summary>
internal static class RandomPurpose
{
    public const ulong Split = 1, Order = 2, Augmentation = 3, Mixup = 4, Mirror = 5, Policy = 6, Erasing = 7;
}
