using System.Text;

namespace Bdia.Core.Metrics;

/// <summary>
/// The tokenisation "zh" of sacreBLEU: Chinese characters, and what it takes for such, each stand alone; the rest goes by the rules of 13a.
/// </summary>
/// <remarks>
/// Two of its ranges were meant for characters beyond the basic plane and are written so that they hold U+2001 to U+2A6D (signs, arrows,
/// boxes) and U+2F81 to U+2FA1 instead; figures that are to equal sacreBLEU's need them as they are.
/// </remarks>
internal static class TokenizerZh
{
    private static readonly (char First, char Last)[] Ranges =
    [
        ('\u3400', '\u4db5'), ('\u4e00', '\u9fbb'), ('\uf900', '\ufa2d'), ('\ufa30', '\ufa6a'), ('\ufa70', '\ufad9'),
            ('\u2001', '\u2a6d'), ('\u2f81', '\u2fa1'),
        ('\uff00', '\uffef'), ('\u2e80', '\u2eff'), ('\u3000', '\u303f'), ('\u31c0', '\u31ef'), ('\u2f00', '\u2fdf'),
            ('\u2ff0', '\u2fff'), ('\u3100', '\u312f'),
        ('\u31a0', '\u31bf'), ('\ufe10', '\ufe1f'), ('\ufe30', '\ufe4f'), ('\u2600', '\u26ff'), ('\u2700', '\u27bf'),
            ('\u3200', '\u32ff'), ('\u3300', '\u33ff'),
    ];

    /// <summary>The tokens of a text.</summary>
    public static IReadOnlyList<string> Tokenize(string text)
    {
        var line = new StringBuilder();
        foreach (var character in WhiteSpace.Trim(text))
        {
            if (Array.Exists(Ranges, range => character >= range.First && character <= range.Last)) line.Append(' ')
                .Append(character).Append(' ');
            else line.Append(character);
        }

        return Tokenizer13a.ByRules(line.ToString());
    }
}
