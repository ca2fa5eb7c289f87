namespace Bdia.Core.Training;

/// <summary>From where on a schedule is spread over other steps than planned.</summary>
/// <param name="Step">Steps done there.</param>
/// <param name="Progress">Share of the schedule done there, 0..1.</param>
/// <param name="End">Steps at which the schedule ends.</param>
internal sealed record PaceMark(long Step, double Progress, double End);
