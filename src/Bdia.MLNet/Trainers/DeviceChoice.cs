using Bdia.Core.Native;
using Bdia.MLNet.Internals;
using Microsoft.ML.Runtime;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.MLNet.Trainers;

/// <summary>Where a network runs: where the options say, else where the MLContext says, which is the CPU unless it names a GPU.</summary>
internal static class DeviceChoice
{
    private const string Cpu = "cpu";
    private const string Cuda = "cuda";

    /// <summary>What is wrong with the text of a device option, or null.</summary>
    public static string? Fault(string? device)
        => device is null or Cpu or Cuda || device.StartsWith(Cuda + ":", StringComparison.Ordinal)
            && byte.TryParse(device.AsSpan(Cuda.Length + 1), out _) ? null
            : $"Device is '{device}'; it must be \"cpu\", \"cuda\", \"cuda:N\" with a GPU number N, or null for that of the MLContext";

    /// <exception cref="InvalidOperationException">A GPU is asked for that is not there, and falling back to the CPU is not
    /// allowed.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    public static Device Resolve(IHostEnvironment environment, string? device)
    {
        // Before the first use of TorchSharp, which would look for libtorch by itself, print what it tried and copy whole packages.
        BdiaRuntime.EnsureLoaded();
        var asked = device ?? (MLContextFacts.GpuDeviceId(environment) is { } id ? $"{Cuda}:{id}" : Cpu);
        if (asked == Cpu)
            return CPU;
        var number = asked == Cuda ? 0 : int.Parse(asked.AsSpan(Cuda.Length + 1));
        var count = cuda.is_available() ? cuda.device_count() : 0;
        if (number < count)
            return new Device(DeviceType.CUDA, number);
        var fact = $"GPU {number} is asked for, but libtorch finds {count} CUDA devices";
        if (device is not null || !MLContextFacts.FallbackToCpu(environment))
            throw new InvalidOperationException(
                $"{fact}. Reference a libtorch-cuda package instead of libtorch-cpu, unset GpuDeviceId, or set MLContext.FallbackToCpu.");
        using var channel = environment.Start("Device");
        channel.Warning(MessageSensitivity.None, $"{fact}; the CPU is used instead, because MLContext.FallbackToCpu is set.");
        return CPU;
    }
}
