namespace Bdia.MLNet.Columns;

/// <summary>
/// What became of the rows of a labelled view. The engine knows only the rows that it was given; who finds too few of them wants to
/// know where the others went, and what a class is called.
/// </summary>
internal sealed class LabelledRowCensus(string what, LabelColumn label)
{
    public const string Training = "training";

    private long usable;
    private long bad;
    private string? firstBad;
    private long firstClass;
    private bool severalClasses;

    public long WithoutLabel { get; set; }

    public void AddUsable(long classIndex)
    {
        if (usable++ == 0)
            firstClass = classIndex;
        severalClasses |= classIndex != firstClass;
    }

    public void AddBad(long row, string reason)
    {
        bad++;
        firstBad ??= $"row {row}: {reason}";
    }

    /// <exception cref="InvalidDataException">There is no usable row, or, to train on, none of a second class.</exception>
    public void Check()
    {
        if (usable + bad + WithoutLabel == 0)
            throw new InvalidDataException($"The {what} data is empty: it has no rows.");
        if (usable == 0)
            throw new InvalidDataException($"The {what} data has no usable row; give it at least one.{LeftOut()}");
        if (what == Training && !severalClasses)
        {
            var name = label.Values is { } values ? $"'{values.Texts[(int)firstClass]}'" : $"key {firstClass + 1}";
            throw new InvalidDataException(
                $"All {usable} usable training rows have the label {name}; a classifier needs rows of at least two classes. Add rows of "
                + $"another class.{LeftOut()}");
        }
    }

    private string LeftOut()
        => (WithoutLabel > 0 ? $" Left out because their label is missing: {WithoutLabel}." : "")
        + (bad > 0 ? $" Left out because they cannot be used: {bad}, the first of them {firstBad}." : "");
}
