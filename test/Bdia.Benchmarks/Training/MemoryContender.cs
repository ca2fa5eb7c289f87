using Bdia.Core.MemoryEstimates;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>What the parts of a BDIA contender's memory measure, beside <see cref="MemoryEstimate"/>.</summary>
internal static class MemoryContender
{
    private const int Steps = 3;

    public static MemoryFigures Run(TrainingSettings settings)
    {
        BdiaRuntime.EnsureLoaded();
        using (zeros(1)) { } // libtorch starts up at its first tensor
        var start = ResidentMemory.Now();
        using var model = new VisionTransformer(settings.Network(), seed: 1);
        var withModel = ResidentMemory.Now();
        using var optimizer = new AdamW(ParameterGroups.Of(model));
        var withOptimizer = ResidentMemory.Now();
        optimizer.ZeroGradients();
        var idle = ResidentMemory.Now();

        using var images = randn(settings.Batch, 3, settings.Side, settings.Side);
        using var labels = zeros(settings.Batch, ScalarType.Int64);
        using var allocated = new AllocatedMemory();
        model.train();
        for (var step = 0; step < Steps; step++)
        {
            using var scope = NewDisposeScope();
            model.Clock.Step = step;
            nn.functional.cross_entropy(model.forward(images), labels).backward();
            optimizer.Step(step + 1, 1e-4);
            optimizer.ZeroGradients();
        }

        var parameters = model.parameters().ToArray();
        return new(
            new(parameters.Sum(Bytes), withModel - start), new(parameters.Sum(p => Bytes(p.grad!)), idle - withOptimizer),
                new(optimizer.State.Sum(pair => Bytes(pair.Value)), withOptimizer - withModel),
            model.Blocks.SideInformationBytes, allocated.Growth, start, idle, ResidentMemory.Peak());
    }

    private static long Bytes(Tensor tensor) => tensor.numel() * tensor.element_size();
}

/// <summary>Bytes of some tensors: their sizes, and what the operating system counted when they were made.</summary>
internal readonly record struct MeasuredTensors(long Bytes, long Resident);

/// <summary>What one process measured.</summary>
/// <param name="Weights">The parameters.</param>
/// <param name="Gradients">Theirs.</param>
/// <param name="Optimizer">Moments.</param>
/// <param name="SideInformation">As the stack counts it.</param>
/// <param name="AllocatedOverIdle">The most that was allocated at one time beyond model, gradients and optimizer; null where
/// unknown.</param>
/// <param name="Start">Resident before the model was made.</param>
/// <param name="Idle">Resident with model, gradients and optimizer.</param>
/// <param name="Peak">Resident peak.</param>
internal sealed record MemoryFigures(
    MeasuredTensors Weights, MeasuredTensors Gradients, MeasuredTensors Optimizer, long SideInformation,
        long? AllocatedOverIdle, long Start, long Idle, long Peak);
