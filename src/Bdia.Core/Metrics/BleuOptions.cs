namespace Bdia.Core.Metrics;

/// <summary>How BLEU is computed. The defaults are sacreBLEU's.</summary>
public sealed record BleuOptions
{
    /// <summary>How texts are cut into tokens. Default <see cref="BleuTokenizer.Mteval13a"/>.</summary>
    public BleuTokenizer Tokenizer { get; init; }

    /// <summary>Whether upper and lower case are the same. Default false.</summary>
    public bool LowerCase { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">The tokenizer is none of the enumeration.</exception>
    public void Validate() => _ = Cut;

    /// <summary>What cuts a text into tokens.</summary>
    internal Func<string, IReadOnlyList<string>> Cut => Tokenizer switch
    {
        BleuTokenizer.Mteval13a => Tokenizer13a.Tokenize,
        BleuTokenizer.Chinese => TokenizerZh.Tokenize,
        BleuTokenizer.International => TokenizerIntl.Tokenize,
        BleuTokenizer.Character => text => [.. TextCharacters.Of(text).Select(TextCharacters.Text)],
        BleuTokenizer.None => WhiteSpace.Split,
        _ => throw new ArgumentException(
            $"{nameof(BleuOptions)}.{nameof(Tokenizer)} is {Tokenizer}; it must be one of "
            + $"{string.Join(", ", Enum.GetNames<BleuTokenizer>())}."),
    };

    /// <summary>What stands in the signature behind the number of references.</summary>
    internal string Definition => $"case:{(LowerCase ? "lc" : "mixed")}|eff:no|tok:{Name}|smooth:exp";

    private string Name => Tokenizer switch
    {
        BleuTokenizer.Mteval13a => "13a",
        BleuTokenizer.Chinese => "zh",
        BleuTokenizer.International => "intl",
        BleuTokenizer.Character => "char",
        _ => "none",
    };
}
