using System.IO.Compression;
using System.Text;
using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

/// <summary>Texts that the tests of this folder share.</summary>
internal static class Corpus
{
    private static readonly string[] Words =
    [
        "the", "a", "dog", "dogs", "runs", "running", "café", "naïve", "Straße", "l'homme", "don't", "1987",
            "23.5", "東京", "हिन्दी", "שלום", "👩‍👩‍👧", "e\u0301te\u0301", "𐐀𐐁", "—", "(x)",
    ];

    private static readonly string[] Gaps = [" ", " ", " ", " ", ", ", ". ", "  ", "\t", " \n"];

    // Of every kind: what appears in words, what separates, what is broken.
    private static readonly Gen<string> Character = Gen.OneOf(
        Gen.Int[0x20, 0x7e].Select(Rune),
        Gen.Int[0, 0x2ff].Select(Rune),
        Gen.Int[0x300, 0x36f].Select(Rune), // combining marks
        Gen.Int[0x590, 0x6ff].Select(Rune), // right to left
        Gen.Int[0x900, 0x97f].Select(Rune),
        Gen.Int[0x2000, 0x206f].Select(Rune), // spaces, joiners, directions
        Gen.Int[0x4e00, 0x9fff].Select(Rune),
        Gen.Int[0xe000, 0xffff].Select(Rune), // private use, U+FEFF, U+FFFD and what is no character
        Gen.Int[0x1f300, 0x1faff].Select(Rune), // emoji
        Gen.Int[0x10000, 0x10ffff].Select(Rune),
        Gen.OneOf(((string[])[" ", "  ", "\u00a0", "\u200d", "\ufe0f", "\r\n", "'s", "\0"]).Select(Gen.Const).ToArray()),
        Gen.Int[0xd800, 0xdfff].Select(unit => ((char)unit).ToString()));

    /// <summary>Any text, lone surrogates included.</summary>
    public static Gen<string> AnyText { get; } = Character.Array[0, 60].Select(string.Concat);

    /// <summary>Lines of words that recur.</summary>
    public static string[] Lines(int count, int seed = 1)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, count)
            .Select(_ => string.Concat(Enumerable.Range(0, random.Next(1, 12))
            .Select(_ => Words[random.Next(Words.Length)] + Gaps[random.Next(Gaps.Length)])))];
    }

    /// <summary>The lines of a file of Multi30k; skips the test where the data set is absent.</summary>
    public static string[] Multi30k(string name)
    {
        using var reader = new StreamReader(
            new GZipStream(File.OpenRead(SharedData.Require("multi30k", name + ".gz")), CompressionMode.Decompress), Encoding.UTF8);
        var lines = new List<string>();
        while (reader.ReadLine() is { } line) lines.Add(line);
        return [.. lines];
    }

    /// <summary>Trains with the test's cancellation.</summary>
    public static ITextTokenizer Train(IEnumerable<string> lines, TokenizerOptions options)
        => TextTokenizer.Train(lines, options, TestContext.Current.CancellationToken);

    private static string Rune(int value) => new Rune(value).ToString();
}
