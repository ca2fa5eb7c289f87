namespace Bdia.Samples.Translation.Phrases;

/// <summary>An amount of money: "two thousand and seven euros and fifty cents" is EUR 2007.50.</summary>
internal sealed record AmountPhrase(Currency Currency, int Whole, int Hundredths) : Phrase
{
    private static readonly Currency[] Currencies =
    [
        new("EUR", "euro", "euros", "cent", "cents"),
        new("USD", "dollar", "dollars", "cent", "cents"),
        new("GBP", "pound", "pounds", "penny", "pence"),
        new("CHF", "franc", "francs", "centime", "centimes"),
        new("INR", "rupee", "rupees", "paisa", "paise"),
        new("PLN", "zloty", "zlotys", "grosz", "groszy"),
        new("SEK", "krona", "kronor", "öre", "öre"),
        new("JPY", "yen", "yen", null, null),
    ];

    /// <summary>Any amount below a million, in any of eight currencies.</summary>
    public static AmountPhrase Draw(Dice dice)
    {
        var currency = Currencies[dice.Below(Currencies.Length)];
        var hundredths = dice.Below(3) switch { 0 => 0, 1 => 5 * (1 + dice.Below(19)), _ => 1 + dice.Below(99) };
        return new(currency, dice.Number(6), currency.Part is null ? 0 : hundredths);
    }

    /// <inheritdoc/>
    public override string Form => Currency.Part is null ? $"{Currency.Code} {Whole}" : $"{Currency.Code} {Whole}.{Hundredths:00}";

    /// <inheritdoc/>
    public override string Words(Dice dice)
    {
        var whole = NumberPhrase.Whole(dice, Whole);
        var main = $"{whole} {(Whole == 1 ? Currency.Unit : Currency.Units)}";
        if (Hundredths == 0) return main;
        var cents = EnglishNumbers.Cardinal(Hundredths);
        var parts = Hundredths == 1 ? Currency.Part : Currency.Parts;
        return main + dice.Word($" and {cents} {parts}", $", {cents} {parts}", $" {cents}");
    }
}

/// <summary>A currency: its ISO 4217 code, and names of its unit and of a hundredth of it, of one and of several.</summary>
internal sealed record Currency(string Code, string Unit, string Units, string? Part, string? Parts);
