namespace Bdia.Core.Metrics;

/// <summary>How chrF is computed. The defaults are sacreBLEU's.</summary>
public sealed record ChrfOptions
{
    /// <summary>The longest word n-grams that count besides those of characters, 0..4; 0 is chrF, 2 is chrF++. Default 0.</summary>
    public int WordOrder { get; init; }

    /// <summary>Whether upper and lower case are the same. Default false.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException"><see cref="WordOrder"/> is out of range.</exception>
    public void Validate()
    {
        if (WordOrder is < 0 or > 4)
            throw new ArgumentException($"{nameof(ChrfOptions)}.{nameof(WordOrder)} is {WordOrder}; it must be 0..4 (0 is chrF, 2 is "
                + "chrF++).");
    }

    /// <summary>What stands in the signature behind the number of references.</summary>
    internal string Definition => $"case:{(LowerCase ? "lc" : "mixed")}|eff:yes|nc:6|nw:{WordOrder}|space:no";
}
