using System.Text;

namespace Bdia.Core.Text;

/// <summary>
/// Files of tiktoken: a line for each token, its bytes in base64 and its rank, which is its id. Merges are not written: a token is made of
/// the two parts that remain when its bytes are merged by the tokens before it.
/// </summary>
internal static class TiktokenFile
{
    // The file does not say how text is cut into words. These are cut as GPT-2 does.
    private static readonly string[] known = ["gpt2", "r50k_base"];

    /// <summary>Whether a file's first line is a token in base64 and a rank.</summary>
    public static bool LooksLikeOne(ReadOnlySpan<byte> content)
    {
        var line = content[..Math.Min(content.Length, 1000)];
        if (line.IndexOf((byte)'\n') is >= 0 and var end) line = line[..end];
        return Parse(Encoding.UTF8.GetString(line).TrimEnd('\r')) is not null;
    }

    /// <summary>The model of a file.</summary>
    /// <exception cref="InvalidDataException">It is damaged, or its way to cut text into words is not known.</exception>
    public static BytePairModel Read(string file, byte[] content)
    {
        var name = Path.GetFileNameWithoutExtension(file);
        if (!known.Contains(name, StringComparer.Ordinal))
            throw new InvalidDataException(
                $"'{file}' is a tiktoken file, which does not say how text is cut into words; this library knows it of "
                + $"{string.Join(", ", known.Select(each => $"{each}.tiktoken"))} by their names, and not of '{name}' (p50k_base, "
                + "cl100k_base and o200k_base are of other kinds). Use one of those, or a byte-level vocab.json with its merges.txt.");
        var tokens = Tokens(file, content);
        var ranks = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var rank = 0; rank < tokens.Length; rank++) ranks.TryAdd(tokens[rank], rank);
        var merges = new List<(string, string)>();
        for (var rank = 0; rank < tokens.Length; rank++)
        {
            var token = tokens[rank];
            if (token.Length == 1) continue;
            if (Parts(token, rank, ranks) is not [var left, var right])
                throw new InvalidDataException($"'{file}': the tokens before '{token}' (rank {rank}) do not merge to two parts of it, so "
                    + "that no merge makes it. Use an intact copy.");
            merges.Add((left, right));
        }

        var model = new BytePairModel(tokens, merges, WordRule.Gpt2Characters);
        return model.Fault() is { } fault ? throw new InvalidDataException($"'{file}' is damaged. {fault}") : model;
    }

    private static string[] Tokens(string file, byte[] content)
    {
        var lines = Encoding.UTF8.GetString(content).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var tokens = new string?[lines.Length];
        for (var number = 0; number < lines.Length; number++)
        {
            if (Parse(lines[number].TrimEnd('\r')) is not { } entry)
                throw new InvalidDataException($"'{file}', line {number + 1}: '{lines[number]}' is not a token in base64 and its rank.");
            if (entry.Rank >= tokens.Length || tokens[entry.Rank] is not null)
                throw new InvalidDataException(
                    $"'{file}', line {number + 1}: the rank {entry.Rank} stands twice, or leaves a gap: the {tokens.Length} tokens must "
                    + $"have the ranks 0 to {tokens.Length - 1}.");
            tokens[entry.Rank] = ByteAlphabet.Spell(entry.Bytes);
        }

        return tokens!;
    }

    private static (byte[] Bytes, int Rank)? Parse(string line)
    {
        if (line.Split(' ') is not [{ Length: > 0 } base64, var rank]) return null;
        if (!int.TryParse(rank, System.Globalization.NumberStyles.None, System.Globalization.CultureInfo.InvariantCulture, out var number))
            return null;
        var bytes = new byte[base64.Length];
        return Convert.TryFromBase64String(base64, bytes, out var length) && length > 0 ? (bytes[..length], number) : null;
    }

    /// <summary>A token's characters, merged by all tokens of lower rank: always the pair that is the first of them.</summary>
    private static List<string> Parts(string token, int below, Dictionary<string, int> ranks)
    {
        var parts = token.Select(character => character.ToString()).ToList();
        while (parts.Count > 1)
        {
            var (best, at) = (below, -1);
            for (var i = 0; i + 1 < parts.Count; i++)
                if (ranks.TryGetValue(parts[i] + parts[i + 1], out var rank) && rank < best) (best, at) = (rank, i);
            if (at < 0) break;
            parts[at] += parts[at + 1];
            parts.RemoveAt(at + 1);
        }

        return parts;
    }
}
