using System.Globalization;
using System.Numerics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bdia.Core.Reversible;

/// <summary>
/// The integration weight gamma over the run: a magnitude, or several to draw from. Its sign is drawn per sample and block. With
/// gamma = ±p/q, a ratio of integers up to 256, the network is exactly reversible at log2 q bits of side information per element and block
/// (rounded up); the magnitude is the strength of regularisation: ±1/2 is the paper's, a small one trains like the plain network.
/// </summary>
[JsonConverter(typeof(AsText))]
public sealed class GammaSchedule : IEquatable<GammaSchedule>
{
    /// <summary>Smallest and largest exponent m of gamma = ±2^-m.</summary>
    public const int MinExponent = 1, MaxExponent = 8;

    /// <summary>Largest q of gamma = ±p/q: its remainders take a byte.</summary>
    public const int MaxDenominator = 256;

    private const string AutomaticText = "auto";

    private readonly (double From, IntegrationWeight Weight)[] steps; // the first from 0

    private GammaSchedule(params (double From, IntegrationWeight Weight)[] steps) => this.steps = steps;

    /// <summary>
    /// The strength follows what the run shows: ±1/32, which trains like the plain network, until training rows are known much better
    /// than held-back ones, then a step more after each epoch of which that holds, up to the paper's ±1/2, and a step back where training
    /// rows are known worse. At most 5 bits per element and block. Needs validation rows.
    /// </summary>
    /// <remarks>
    /// What counts is the gap: the part of the held-back loss, or of the share of wrong answers there if that is more, that training rows
    /// do not have. Above 0.2 the strength goes up, below 0 down, one of ±1/32, 1/16, 1/8, 1/4, 3/8, 1/2 at a time, not in the last tenth
    /// of the run. The same figures give the same strengths, and a resumed run goes on with its own. A loop of one's own moves
    /// <see cref="TrainingClock.Strength"/>.
    /// </remarks>
    public static GammaSchedule Automatic { get; } = new((0, GammaStrengths.All[0])) { IsAutomatic = true };

    /// <summary>Whether this is <see cref="Automatic"/>.</summary>
    public bool IsAutomatic { get; private init; }

    /// <summary>True when gamma is a ratio ±p/q throughout, so that states can be rebuilt exactly.</summary>
    public bool IsReversible => steps.All(step => step.Weight.PadBits is not null);

    /// <summary>The most bits per element and block that the run keeps; 0 for a weight without an inverse.</summary>
    internal int LargestPadBits
        => (IsAutomatic ? GammaStrengths.All : steps.Select(step => step.Weight)).Max(weight => weight.PadBits ?? 0);

    /// <summary>gamma = ±2^-m for the whole run, at m bits per element and block.</summary>
    /// <param name="m">1 to 8; 1 is the paper's ±1/2.</param>
    /// <exception cref="ArgumentOutOfRangeException">m is out of range.</exception>
    public static GammaSchedule Exponent(int m) => Steps((0, m));

    /// <summary>gamma = ±p/q for the whole run, at log2 q bits per element and block (q reduced, the logarithm rounded up).</summary>
    /// <remarks>
    /// ±1, the midpoint rule, keeps nothing at all. A state is rounded up to a multiple of q steps of the grid before it is weighted, which
    /// moves the result by less than p steps: take p/q with numbers no larger than the strength asks for, or more
    /// <see cref="BdiaStackOptions.FractionBits"/>.
    /// </remarks>
    /// <param name="numerator">p, 1 to q.</param>
    /// <param name="denominator">q, 1 to 256; 2 with p = 1 is the paper's ±1/2, 5 with p = 3 its ±0.6.</param>
    /// <exception cref="ArgumentOutOfRangeException">p or q is out of range.</exception>
    public static GammaSchedule Ratio(int numerator, int denominator) => Ratios(numerator, numerator, denominator);

    /// <summary>
    /// gamma = ±p/q with p drawn for every sample and block, each from the smallest to the largest being as likely: weights of all sizes,
    /// at the bits of one.
    /// </summary>
    /// <param name="least">Smallest p, 1 or more.</param>
    /// <param name="most">Largest p, at least <paramref name="least"/>, at most q.</param>
    /// <param name="denominator">q, 1 to 256.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number is out of range.</exception>
    public static GammaSchedule Ratios(int least, int most, int denominator)
    {
        if (denominator is < 1 or > MaxDenominator)
            throw new ArgumentOutOfRangeException(nameof(denominator), denominator, $"gamma = ±p/q needs q from 1 to {MaxDenominator}.");
        if (most < 1 || most > denominator)
            throw new ArgumentOutOfRangeException(nameof(most), most, $"gamma = ±p/{denominator} needs p from 1 to {denominator}.");
        if (least < 1 || least > most)
            throw new ArgumentOutOfRangeException(nameof(least), least,
                $"The smallest p of gamma = ±p/{denominator} must be from 1 to the largest, {most}.");
        var common = least == most ? CommonDivisor(most, denominator) : 1; // fewer bits for the same weight
        return new((0, IntegrationWeight.Ratio(least / common, most / common, denominator / common)));
    }

    /// <summary>gamma = ±2^-m with another m from given fractions of the run on.</summary>
    /// <param name="steps">Pairs of the fraction of the run (the first 0, rising, below 1) and the exponent m (1 to 8) from there
    /// on.</param>
    /// <exception cref="ArgumentException">The fractions are not as described, or an m is out of range.</exception>
    public static GammaSchedule Steps(params (double From, int Exponent)[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        foreach (var (_, m) in steps)
            if (m is < MinExponent or > MaxExponent)
                throw new ArgumentOutOfRangeException(nameof(steps), m, $"gamma = ±2^-m needs m from {MinExponent} to {MaxExponent}.");
        return Checked([.. steps.Select(step => (step.From, IntegrationWeight.Exponent(step.Exponent)))]);
    }

    /// <summary>This schedule up to a fraction of the run, another one, constant, from there on.</summary>
    /// <param name="from">Above every fraction in this schedule, below 1.</param>
    /// <param name="next">Without steps of its own; both must be reversible.</param>
    /// <exception cref="ArgumentException">The fraction or a schedule is not as described.</exception>
    public GammaSchedule Then(double from, GammaSchedule next)
    {
        ArgumentNullException.ThrowIfNull(next);
        if (next.steps.Length > 1 || !next.IsReversible || !IsReversible || IsAutomatic || next.IsAutomatic)
            throw new ArgumentException($"Gamma {this}, then {next}, is no schedule: both must be ratios ±p/q, and the second one alone.",
                nameof(next));
        return Checked([.. steps, (from, next.steps[0].Weight)]);
    }

    /// <summary>
    /// gamma = ±magnitude for the whole run, for ablation: 0 is the plain network. It is taken for no ratio and has no exact inverse,
    /// so it needs <see cref="BackpropagationMode.StoreActivations"/> or <see cref="BackpropagationMode.Checkpointed"/>, and any
    /// magnitude but 0 needs <see cref="BdiaStackOptions.Quantize"/> off. <see cref="Ratio"/> has an inverse.
    /// </summary>
    /// <param name="magnitude">0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The magnitude is out of range.</exception>
    public static GammaSchedule Weight(double magnitude)
        => magnitude is >= 0 and <= 1
            ? new((0, IntegrationWeight.Inexact(magnitude)))
            : throw new ArgumentOutOfRangeException(nameof(magnitude), magnitude, "A gamma weight must be from 0 to 1.");

    /// <summary>
    /// Reads what <see cref="ToString"/> writes: "3" (±2^-3), "3/8" (±3/8), "1..7/8" (p drawn from 1 to 7), "1@0,3/8@0.6" (from a fraction
    /// of the run on) or "w0.6" (a weight).
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is none of these forms.</exception>
    public static GammaSchedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            if (text == AutomaticText) return Automatic;
            if (text.StartsWith('w')) return Weight(Number(text[1..]));
            return Checked([.. text.Split(',').Select(part => part.Split('@', 2))
                .Select(p => (p.Length > 1 ? Number(p[1]) : 0, Constant(p[0])))]);
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new FormatException($"'{text}' is not a gamma schedule ({e.Message}). Write an exponent m from 1 to 8 such as \"3\" "
                + "(gamma = ±2^-3), a ratio such as \"3/8\" (±3/8) or \"1..7/8\" (drawn among ±1/8 to ±7/8), "
                + "steps such as \"1@0,3/8@0.6\" (from that fraction of the run on), \"auto\", or a weight such as \"w0\".", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => IsAutomatic ? AutomaticText
        : steps.Length == 1 ? Text(steps[0].Weight)
        : string.Join(',', steps.Select(s => string.Create(CultureInfo.InvariantCulture, $"{Text(s.Weight)}@{s.From}")));

    /// <inheritdoc/>
    public bool Equals(GammaSchedule? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GammaSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The weight in force where training stands.</summary>
    internal IntegrationWeight At(TrainingClock clock) => IsAutomatic ? GammaStrengths.All[clock.Strength] : At(clock.Progress);

    /// <summary>The weight in force at a fraction of the run; of <see cref="Automatic"/>, the first.</summary>
    internal IntegrationWeight At(double progress) => steps.Last(s => s.From == 0 || s.From <= progress).Weight;

    private static int CommonDivisor(int a, int b) => b == 0 ? a : CommonDivisor(b, a % b);

    private static GammaSchedule Checked((double From, IntegrationWeight Weight)[] steps)
    {
        if (steps.Length == 0 || steps[0].From != 0)
            throw new ArgumentException("A gamma schedule must begin at fraction 0 of the run; give the first step as (0, m).",
                nameof(steps));
        for (var i = 1; i < steps.Length; i++)
            if (!(steps[i].From > steps[i - 1].From && steps[i].From < 1))
                throw new ArgumentException(
                    $"Fraction {steps[i].From} of the gamma schedule must be above {steps[i - 1].From} and below 1.", nameof(steps));
        return new(steps);
    }

    private static IntegrationWeight Constant(string text)
    {
        var ratio = text.Split('/', 2);
        if (ratio.Length == 1) return Exponent(Integer(text)).steps[0].Weight;
        var numerator = ratio[0].Split("..", 2);
        return Ratios(Integer(numerator[0]), Integer(numerator[^1]), Integer(ratio[1])).steps[0].Weight;
    }

    // A power of two by its exponent: so it stands in models and checkpoints from before there were ratios.
    private static string Text(IntegrationWeight weight)
        => weight.PadBits is not { } bits ? string.Create(CultureInfo.InvariantCulture, $"w{weight.Magnitude}")
            : weight.Least < weight.Most ? $"{weight.Least}..{weight.Most}/{weight.Denominator}"
            : bits > 0 && weight.Most == 1 && BitOperations.IsPow2(weight.Denominator) ? $"{bits}"
            : $"{weight.Most}/{weight.Denominator}";

    // The text stands in models and checkpoints, which travel between cultures. No commas: 0,001 would be 1.
    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private static int Integer(string text) => int.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture);

    private sealed class AsText : JsonConverter<GammaSchedule>
    {
        public override GammaSchedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => Parse(reader.GetString() ?? throw new JsonException("A gamma schedule must be text."));

        public override void Write(Utf8JsonWriter writer, GammaSchedule value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.ToString());
    }
}
