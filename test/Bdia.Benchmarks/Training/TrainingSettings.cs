using System.Text.Json.Serialization;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;

namespace Bdia.Benchmarks.Training;

/// <summary>One contender of the training suite: a vision transformer on square colour pictures, patch 4.</summary>
/// <param name="Method">How it back-propagates.</param>
/// <param name="Width">Features per token.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Side">Width and height of the pictures in pixels, a multiple of 4.</param>
/// <param name="Batch">Pictures in a step.</param>
/// <param name="Precision">Of matrix products.</param>
/// <param name="Exponent">m of gamma = ±2^-m, where there is a gamma.</param>
/// <param name="Steps">Timed steps, after one that is not.</param>
/// <param name="Process">How its process is set.</param>
/// <param name="Gradients">Where gradients are between steps.</param>
/// <param name="Kept">Blocks that keep what they compute, where states are rebuilt.</param>
/// <param name="Moments">How the optimizer keeps its moments, of the contenders with stacks of ours.</param>
internal sealed record TrainingSettings(TrainingMethod Method, int Width, int Depth, int Side, int Batch,
    ComputePrecision Precision, int Exponent, int Steps,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] ProcessSetting Process = ProcessSetting.Default,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] GradientMemory Gradients = GradientMemory.Zeroed,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] int Kept = 0,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] MomentFormat Moments = MomentFormat.Float32)
{
    // Width and feed-forward width of the BDIA paper's network for CIFAR; narrower networks have the feed-forward width of small vision
    // transformers.
    private const int PaperWidth = 512, HeadSize = 64, PatchSize = 4;

    /// <summary>N: one for each patch, and the class token.</summary>
    public int Tokens() => Side / PatchSize * (Side / PatchSize) + 1;

    public VisionTransformerOptions Network() => new()
    {
        ImageHeight = Side, ImageWidth = Side, Channels = 3, Classes = 10, PatchSize = PatchSize,
        Width = Width, Depth = Depth, Heads = Math.Max(1, Width / HeadSize), FeedForwardWidth = Width >= PaperWidth
            ? Width : 2 * Width, Precision = Precision,
        Stack = new()
        {
            Gamma = GammaSchedule.Exponent(Exponent),
            KeptBlocks = Kept,
            Mode = Method switch
            {
                TrainingMethod.StoreActivations => BackpropagationMode.StoreActivations,
                TrainingMethod.Checkpointed => BackpropagationMode.Checkpointed,
                _ => BackpropagationMode.Reversible,
            },
        },
    };

    /// <summary>The variables of its process.</summary>
    public IEnumerable<(string Name, string Value)> Environment() => Process switch
    {
        ProcessSetting.LargeBlocksMapped => [("MALLOC_MMAP_THRESHOLD_", "131072")],
        ProcessSetting.NarrowProducts => [(WideProducts.Variable, "0")],
        _ => [],
    };

    public override string ToString()
        => $"{Method}, width {Width}, depth {Depth}, side {Side}, batch {Batch}, {Precision}, m = {Exponent}"
        + (Process == ProcessSetting.Default ? "" : $", {Process}") + (Gradients == GradientMemory.Zeroed ? "" : ", gradients dropped")
        + (Kept == 0 ? "" : $", {Kept} blocks kept") + (Moments == MomentFormat.Float32 ? "" : $", moments in {Moments}");
}

/// <summary>How a contender's process is set.</summary>
internal enum ProcessSetting
{
    /// <summary>As it comes.</summary>
    Default,

    /// <summary>
    /// glibc maps every block of 128 KiB and more by itself and gives it back when it is freed, where by default it raises that size as
    /// blocks are freed, and keeps what lies between others.
    /// </summary>
    LargeBlocksMapped,

    /// <summary>MKL's products as libtorch takes them by itself: with 256-bit registers on AMD.</summary>
    NarrowProducts,
}

/// <summary>Where gradients are between steps.</summary>
internal enum GradientMemory
{
    /// <summary>In memory of their own, which is there before the first step and set to zero.</summary>
    Zeroed,

    /// <summary>Nowhere: each step makes them anew, and they count as what the step takes.</summary>
    Dropped,
}

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerStep">Median over its steps: forward, backward, optimizer.</param>
/// <param name="IdleBytes">Resident with model, gradients and optimizer before the first step.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
/// <param name="SideInformationBytes">Kept by the stack for its backward pass.</param>
/// <param name="Parameters">Weights.</param>
/// <param name="MatrixRate">Floating-point operations per second of a large matrix product, measured behind the steps.</param>
/// <param name="ProcessorSecondsPerStep">Processor time of all threads, median: what other programs take of the machine is not in
/// it.</param>
/// <param name="ArithmeticLimit">The same of float32 multiply-adds that wait for nothing: what the cores can do at all.</param>
internal sealed record TrainingFigures(double SecondsPerStep, long IdleBytes, long PeakBytes, long SideInformationBytes,
    long Parameters, double MatrixRate, double ArithmeticLimit = 0, double ProcessorSecondsPerStep = 0);
