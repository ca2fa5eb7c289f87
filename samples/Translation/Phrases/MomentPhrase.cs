namespace Bdia.Samples.Translation.Phrases;

/// <summary>A time on a day: "the third of March nineteen eighty-four at half past seven in the evening" is 1984-03-03T19:30.</summary>
internal sealed record MomentPhrase(DatePhrase Date, TimePhrase Time) : Phrase
{
    /// <summary>Any minute of any day.</summary>
    public static MomentPhrase Draw(Dice dice) => new(DatePhrase.Draw(dice), TimePhrase.Draw(dice));

    /// <inheritdoc/>
    public override string Form => $"{Date.Form}T{Time.Form}";

    /// <inheritdoc/>
    public override string Words(Dice dice)
        => dice.Sometimes(25) ? $"{Time.Words(dice)} on {Date.Words(dice)}" : $"{Date.Words(dice)} at {Time.Words(dice)}";
}
