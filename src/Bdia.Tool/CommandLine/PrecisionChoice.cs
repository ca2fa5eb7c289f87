using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Tool.Training;

namespace Bdia.Tool.CommandLine;

/// <summary>What <c>--precision</c> may be.</summary>
internal enum PrecisionChoice
{
    /// <summary>BFloat16 where the processor has fast products of it and the task gains by them, Float32 elsewhere.</summary>
    Auto,

    /// <summary>Matrix products in float32.</summary>
    Float32,

    /// <summary>Matrix products in bfloat16; refused where the processor has no fast ones.</summary>
    BFloat16,
}

/// <summary>What a choice of precision comes to on a processor.</summary>
internal static class PrecisionChoices
{
    /// <summary>The precision to train a task in on this processor.</summary>
    /// <exception cref="ToolException">BFloat16 is asked for, and it would bring nothing here.</exception>
    public static ComputePrecision Here(this PrecisionChoice choice, TrainingTask task)
        => choice.On(BdiaRuntime.HasBFloat16Products, task.GainsByBFloat16);

    /// <summary>The precision to train in on some processor.</summary>
    /// <param name="choice">What is asked for.</param>
    /// <param name="hasProducts">Whether the processor has fast products of bfloat16.</param>
    /// <param name="gains">Whether the task takes less time with them.</param>
    /// <exception cref="ToolException">BFloat16 is asked for, and it would bring nothing there.</exception>
    public static ComputePrecision On(this PrecisionChoice choice, bool hasProducts, bool gains) => choice switch
    {
        PrecisionChoice.BFloat16 when !hasProducts => throw new ToolException(ExitCode.CommandLine, "--precision is BFloat16, and this "
            + "processor has no fast products of it (x64 has them with AVX-512): they would be taken in float32, as slow and less precise. "
            + "Give --precision Float32, or leave it out."),
        PrecisionChoice.BFloat16 => ComputePrecision.BFloat16,
        PrecisionChoice.Auto when hasProducts && gains => ComputePrecision.BFloat16,
        _ => ComputePrecision.Float32,
    };
}
