namespace Bdia.Samples.Translation.Phrases;

/// <summary>Something that can be said in words and written in a standard form.</summary>
internal abstract record Phrase
{
    /// <summary>The form: ISO 8601 for dates, times and durations, ISO 4217 before amounts, digits for numbers.</summary>
    public abstract string Form { get; }

    /// <summary>English words for it; which ones, where there are several, the dice decide.</summary>
    public abstract string Words(Dice dice);
}
