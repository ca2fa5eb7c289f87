using Bdia.Core.MemoryEstimates;
using Bdia.MLNet;
using Bdia.Reports.Inspecting;
using Bdia.Reports.Rows;

namespace Bdia.Reports.Content;

/// <summary>All that a report tells.</summary>
public sealed record ReportContent
{
    /// <summary>The run.</summary>
    public required RunFacts Facts { get; init; }

    /// <summary>What the model is to people, behind "a": "model that tells pictures apart".</summary>
    public required string Title { get; init; }

    /// <summary>The model: its network is told, and where it looks, of pictures in <see cref="Evaluation"/>.</summary>
    public required BdiaTransformer Model { get; init; }

    /// <summary>The test rows, what the model makes of them, and the figures.</summary>
    public required Evaluation Evaluation { get; init; }

    /// <summary>What is in the data.</summary>
    public required Inspection Inspection { get; init; }

    /// <summary>Loss of every step against the epoch, 1.5 being half-way through the second; none where nothing was trained. Default
    /// none.</summary>
    public IReadOnlyList<(double Epoch, double Loss)> Steps { get; init; } = [];

    /// <summary>Memory of training by part; null where it is not known. Default null.</summary>
    public MemoryEstimate? Memory { get; init; }

    /// <summary>Seconds by what they were spent on. Default none.</summary>
    public IReadOnlyDictionary<string, double> Seconds { get; init; } = new Dictionary<string, double>();

    /// <summary>Rows that were trained on, for what texts have of their words; none where they are not at hand. Default none.</summary>
    public IReadOnlyList<DataRow> Training { get; init; } = [];
}
