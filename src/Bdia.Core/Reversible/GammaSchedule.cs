using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Bdia.Core.Reversible;

/// <summary>
/// The magnitude of the integration weight gamma over the run. Its sign is drawn per sample and block. With gamma = ±2^-m, m from 1
/// to 8, the network is exactly reversible at m bits of side information per element and block; m = 1 regularises most, a large m
/// trains like the plain network.
/// </summary>
[JsonConverter(typeof(AsText))]
public sealed class GammaSchedule : IEquatable<GammaSchedule>
{
    /// <summary>Smallest and largest exponent m.</summary>
    public const int MinExponent = 1, MaxExponent = 8;

    private readonly (double From, int Exponent)[] _steps;
    private readonly double? _weight;

    private GammaSchedule((double From, int Exponent)[] steps, double? weight)
    {
        _steps = steps;
        _weight = weight;
    }

    /// <summary>True when gamma is ±2^-m throughout, so that states can be rebuilt exactly.</summary>
    public bool IsReversible => _weight is null;

    /// <summary>The largest m of the run, which is its pad bits; 0 for a weight without an inverse.</summary>
    internal int LargestPadBits => _steps.Length == 0 ? 0 : _steps.Max(step => step.Exponent);

    /// <summary>gamma = ±2^-m for the whole run.</summary>
    /// <param name="m">1 to 8; 1 is the paper's ±1/2.</param>
    /// <exception cref="ArgumentOutOfRangeException">m is out of range.</exception>
    public static GammaSchedule Exponent(int m) => Steps((0, m));

    /// <summary>gamma = ±2^-m with another m from given fractions of the run on.</summary>
    /// <param name="steps">Pairs of the fraction of the run (the first 0, rising, below 1) and the exponent m (1 to 8) from there
    /// on.</param>
    /// <exception cref="ArgumentException">The fractions are not as described, or an m is out of range.</exception>
    public static GammaSchedule Steps(params (double From, int Exponent)[] steps)
    {
        ArgumentNullException.ThrowIfNull(steps);
        if (steps.Length == 0 || steps[0].From != 0)
            throw new ArgumentException("A gamma schedule must begin at fraction 0 of the run; give the first step as (0, m).",
                nameof(steps));
        for (var i = 0; i < steps.Length; i++)
        {
            var (from, m) = steps[i];
            if (m is < MinExponent or > MaxExponent)
                throw new ArgumentOutOfRangeException(nameof(steps), m, $"gamma = ±2^-m needs m from {MinExponent} to {MaxExponent}.");
            if (i > 0 && !(from > steps[i - 1].From && from < 1))
                throw new ArgumentException($"Fraction {from} of the gamma schedule must be above {steps[i - 1].From} and below 1.",
                    nameof(steps));
        }

        return new(steps.ToArray(), null);
    }

    /// <summary>
    /// gamma = ±magnitude for the whole run, for ablation: 0 is the plain network, 0.6 the paper's outlier. It has no exact inverse,
    /// so it needs <see cref="BackpropagationMode.StoreActivations"/> or <see cref="BackpropagationMode.Checkpointed"/>, and any
    /// magnitude but 0 needs <see cref="BdiaStackOptions.Quantize"/> off.
    /// </summary>
    /// <param name="magnitude">0 to 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">The magnitude is out of range.</exception>
    public static GammaSchedule Weight(double magnitude)
        => magnitude is >= 0 and <= 1
            ? new([], magnitude)
            : throw new ArgumentOutOfRangeException(nameof(magnitude), magnitude, "A gamma weight must be from 0 to 1.");

    /// <summary>
    /// Reads what <see cref="ToString"/> writes: "3", "1@0,3@0.6" (exponent m at fraction of the run) or "w0.6" (a weight).
    /// </summary>
    /// <param name="text">The text.</param>
    /// <exception cref="FormatException">The text is none of these forms.</exception>
    public static GammaSchedule Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        try
        {
            if (text.StartsWith('w')) return Weight(Number(text[1..]));
            return Steps(text.Split(',').Select(part => part.Split('@', 2))
                .Select(p => (p.Length > 1 ? Number(p[1]) : 0, int.Parse(p[0], CultureInfo.InvariantCulture))).ToArray());
        }
        catch (Exception e) when (e is FormatException or OverflowException or ArgumentException)
        {
            throw new FormatException($"'{text}' is not a gamma schedule ({e.Message}). Write an exponent m from 1 to 8 such as \"3\" "
                + "(gamma = ±2^-3), "
                + "steps such as \"1@0,3@0.6\" (m at that fraction of the run), or a weight such as \"w0\".", e);
        }
    }

    /// <inheritdoc/>
    public override string ToString() => _weight is { } weight ? string.Create(CultureInfo.InvariantCulture, $"w{weight}")
        : _steps.Length == 1 ? $"{_steps[0].Exponent}"
        : string.Join(',', _steps.Select(s => string.Create(CultureInfo.InvariantCulture, $"{s.Exponent}@{s.From}")));

    /// <inheritdoc/>
    public bool Equals(GammaSchedule? other) => other is not null && ToString() == other.ToString();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as GammaSchedule);

    /// <inheritdoc/>
    public override int GetHashCode() => ToString().GetHashCode(StringComparison.Ordinal);

    /// <summary>The weight in force at a fraction of the run.</summary>
    internal IntegrationWeight At(double progress)
        => _weight is { } weight ? new((float)weight, null)
            : _steps.Last(s => s.From == 0 || s.From <= progress).Exponent is var m ? new(1f / (1 << m), m) : default;

    // The text stands in models and checkpoints, which travel between cultures. No commas: 0,001 would be 1.
    private static double Number(string text) => double.Parse(text, NumberStyles.Float, CultureInfo.InvariantCulture);

    private sealed class AsText : JsonConverter<GammaSchedule>
    {
        public override GammaSchedule Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
            => Parse(reader.GetString() ?? throw new JsonException("A gamma schedule must be text."));

        public override void Write(Utf8JsonWriter writer, GammaSchedule value, JsonSerializerOptions options)
            => writer.WriteStringValue(value.ToString());
    }
}

/// <summary>|gamma|, and its exponent m where it is 2^-m.</summary>
internal readonly record struct IntegrationWeight(float Magnitude, int? PadBits);
