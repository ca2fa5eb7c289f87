using System.Collections;
using System.Security.Cryptography;
using System.Runtime.InteropServices;
using Bdia.Core.Numerics;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.Core.TextGeneration;

/// <summary>
/// The texts of a run's rows, as often as they are needed, and which of them are trained on and which held back: before there is a
/// tokenizer, which must not see the latter. Makes sure that every pass gives the same.
/// </summary>
internal sealed class TextSource
{
    private static readonly byte[] None = BitConverter.GetBytes(-1);

    private readonly ITexts rows;
    private readonly GenerationTrainingOptions options;
    private readonly StopSignal stop;
    private readonly double held;
    private BitArray? heldRows; // null where one text alone is parted
    private string? hash;

    private TextSource(ITexts rows, GenerationTrainingOptions options, double held, StopSignal stop)
        => (this.rows, this.options, this.held, this.stop) = (rows, options, held, stop);

    /// <summary>SHA-256 of all rows.</summary>
    public string Hash => hash!;

    /// <summary>Rows without any text, which are left out.</summary>
    public int Empty { get; private set; }

    /// <summary>Reads all rows once, and chooses those to hold back.</summary>
    /// <param name="what">Which data it is, for messages ("training", "validation").</param>
    /// <param name="rows">The rows.</param>
    /// <param name="options">Whether rows are joined; the tokenizer's normalisation.</param>
    /// <param name="held">Share that is held back.</param>
    /// <param name="seed">Of the choice.</param>
    /// <param name="stop">Ends a pass.</param>
    /// <exception cref="InvalidDataException">There is no text.</exception>
    public static TextSource Of(string what, ITexts rows, GenerationTrainingOptions options, double held, ulong seed, StopSignal stop)
    {
        var source = new TextSource(rows, options, held, stop);
        var usable = new List<int>();
        var count = 0;
        foreach (var row in source.Rows())
        {
            if (source.HasText(row)) usable.Add(count);
            count++;
        }

        if (usable.Count == 0)
            throw new InvalidDataException(count == 0 ? $"The {what} data has no rows; give it at least one."
                : $"The {what} data has {count} rows, and none of them holds any text; give it at least one that does.");
        source.Empty = options.JoinRows ? 0 : count - usable.Count;
        if (options.JoinRows || usable.Count == 1) return source;
        var wanted = held == 0 ? 0
            : Math.Min(usable.Count - 1, Math.Max(1, (int)Math.Round(usable.Count * held, MidpointRounding.AwayFromZero)));
        source.heldRows = new BitArray(count);
        foreach (var step in WindowShuffle.Order(usable.Count, usable.Count, RandomSequence.At(seed, GenerationRandom.Split)).Take(wanted))
            source.heldRows[usable[step.Row]] = true;
        return source;
    }

    /// <summary>The texts to train on, none of them empty.</summary>
    public IEnumerable<string> Kept() => heldRows is null ? [Parted().Kept] : Texts(false);

    /// <summary>The texts that are held back, none of them empty.</summary>
    public IEnumerable<string> Held() => heldRows is null ? Parted().Held is { Length: > 0 } end && HasText(end) ? [end] : [] : Texts(true);

    private IEnumerable<string> Texts(bool isHeld)
        => Rows().Where((row, number) => heldRows![number] == isHeld && HasText(row)).Select(row => row!);

    // One text: its end is held back, from a place that cuts no character in two.
    private (string Kept, string Held) Parted()
    {
        var text = options.JoinRows ? string.Join('\n', Rows().Select(row => row ?? "")) : Rows().First(HasText)!;
        var at = text.Length - (int)(text.Length * held);
        if (at > 0 && at < text.Length && char.IsLowSurrogate(text[at])) at--;
        return held == 0 || at == 0 ? (text, "") : (text[..at], text[at..]);
    }

    private bool HasText(string? text)
        => !string.IsNullOrEmpty(text) && (options.Tokenizer is { } ready ? ready.Encode(text).Count > 0
            : options.TokenizerTraining.Normalization.Apply(text).Length > 0);

    private IEnumerable<string?> Rows()
    {
        using var sha = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var row in rows.Read())
        {
            stop.ThrowIfRequested();
            sha.AppendData(row is null ? None : BitConverter.GetBytes(row.Length));
            sha.AppendData(MemoryMarshal.AsBytes(row.AsSpan()));
            yield return row;
        }

        var found = Convert.ToHexStringLower(sha.GetHashAndReset());
        hash ??= found;
        if (hash != found) throw new InvalidDataException(
            "The data changed between two passes. Give rows that stay the same and in the same order.");
    }
}
