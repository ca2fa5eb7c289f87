using Bdia.Core.Common;

namespace Bdia.Core.Onnx;

/// <summary>What kind of ONNX file is written.</summary>
public sealed record OnnxOptions
{
    /// <summary>The oldest and the newest set of operators that can be asked for.</summary>
    public const int OldestOpset = 12, NewestOpset = 26;

    /// <summary>
    /// Version of ONNX's operators, from <see cref="OldestOpset"/> to <see cref="NewestOpset"/>. From 17 on layer normalisation is an
    /// operator of its own, from 20 on the Gaussian error linear unit; before, both are written out. Default 17, which runtimes since 2022
    /// read.
    /// </summary>
    public int Opset { get; init; } = 17;

    /// <summary>How weights are held. Default <see cref="OnnxWeights.Float32"/>.</summary>
    public OnnxWeights Weights { get; init; }

    /// <summary>Values by name that go into the file besides those that are written of themselves. Default: none.</summary>
    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>Checks all values at once.</summary>
    /// <exception cref="ArgumentException">Names every value that is out of range.</exception>
    public void Validate() => OptionFaults.Validate(nameof(OnnxOptions), Check);

    /// <summary>Notes every fault, for whoever checks these options together with others.</summary>
    /// <param name="faults">Where they are noted.</param>
    public void Check(OptionFaults faults)
    {
        ArgumentNullException.ThrowIfNull(faults);
        faults.Require(Opset is >= OldestOpset and <= NewestOpset, nameof(Opset), Opset, $"{OldestOpset}..{NewestOpset}");
        faults.Require(Metadata is not null, nameof(Metadata), Metadata, "values by name");
        faults.Require(Enum.IsDefined(Weights), nameof(Weights), Weights, $"{OnnxWeights.Float32} or {OnnxWeights.Int8}");
    }
}
