using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Reversible;

namespace Bdia.Core.Training;

/// <summary>What a rank tells the others between two steps.</summary>
/// <param name="Parts">Sums of each of its parts of the step; none where there was no step.</param>
/// <param name="Stop">Why it wants to stop; null where it does not.</param>
/// <param name="Elapsed">Seconds that the run has taken by its clock.</param>
/// <param name="Fault">What a part has met that ends the run on every rank alike; null where nothing.</param>
internal sealed record RankReport(IReadOnlyList<EpochSums> Parts, StopReason? Stop, double Elapsed, RankReport.StepFault? Fault = null)
{
    // Finite doubles keep their bits as text; a loss that is none must have a name.
    private static readonly JsonSerializerOptions Json = new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>Kinds of faults: of numbers, which all ranks throw alike, and others.</summary>
    public enum FaultKind { Other, Loss, Reversibility }

    /// <summary>A fault that a rank has met within a step, and tells at its end.</summary>
    /// <param name="Kind">Of numbers, or another.</param>
    /// <param name="Message">What the exception says.</param>
    /// <param name="Block">The block of a reversibility fault.</param>
    /// <param name="Loss">The loss that is not finite.</param>
    public sealed record StepFault(FaultKind Kind, string Message, int Block, double Loss)
    {
        /// <summary>The fault that an exception tells.</summary>
        public static StepFault Of(Exception fault) => fault switch
        {
            TrainingDivergedException diverged => new(FaultKind.Loss, fault.Message, -1, diverged.Value),
            ReversibilityException reversibility => new(FaultKind.Reversibility, fault.Message, reversibility.Block, 0),
            _ => new(FaultKind.Other, fault.Message, -1, 0),
        };
    }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, Json);

    public static RankReport Parse(byte[] bytes) => JsonSerializer.Deserialize<RankReport>(bytes, Json)!;
}
