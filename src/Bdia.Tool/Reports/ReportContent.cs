using Bdia.Core.MemoryEstimates;
using Bdia.Tool.Inspecting;
using Bdia.Tool.Models;
using Bdia.Tool.Training;

namespace Bdia.Tool.Reports;

/// <summary>All that a report tells.</summary>
internal sealed record ReportContent
{
    public required ModelFacts Facts { get; init; }

    /// <summary>What the model is to people, behind "a".</summary>
    public required string Title { get; init; }
    public required Evaluation Evaluation { get; init; }

    /// <summary>Loss of every step against the epoch; none where nothing was trained.</summary>
    public required IReadOnlyList<(double Epoch, double Loss)> Steps { get; init; }
    public required Inspection Inspection { get; init; }
    public required IReadOnlyList<(string Name, string Value)> Model { get; init; }
    /// <summary>Where the model looks, for a few rows; none where that is not known.</summary>
    public required IReadOnlyList<Looked> Attention { get; init; }
    public MemoryEstimate? Memory { get; init; }

    /// <summary>Seconds by what they were spent on.</summary>
    public required IReadOnlyDictionary<string, double> Seconds { get; init; }

    /// <summary>Rows that were trained on, for what texts have of their words; none where they are not at hand.</summary>
    public required IReadOnlyList<DataRow> Training { get; init; }
}
