using System.Runtime.InteropServices;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Operations;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Native;

/// <summary>What libtorch keeps of oneDNN's kernels is bounded, so that training on texts of ever new lengths does not grow.</summary>
public sealed partial class PrimitiveCachesTests
{
    [Fact]
    public void Both_caches_are_bounded_in_the_environment_that_native_code_sees()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Linux alone.");
        Assert.All(PrimitiveCaches.Variables,
            names => Assert.Contains(names, name => Marshal.PtrToStringUTF8(GetEnvironment(name)) is { Length: > 0 }));
    }

    // Alone: what the whole process has is measured, and tests beside it would count.
    [Fact(Explicit = true)]
    [Trait("Category", "Slow")]
    public void Products_of_bfloat16_of_ever_new_shapes_take_no_more_and_more_memory()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux()
            && BdiaRuntime.HasBFloat16Products, "Linux, and a processor with products of bfloat16.");
        using var model = new EncoderDecoder(
            new() { SourceVocabulary = 100, TargetVocabulary = 100, Width = 32, Heads = 2, FeedForwardWidth = 32,
                EncoderDepth = 1, DecoderDepth = 1, Precision = ComputePrecision.BFloat16 }, 1);
        model.train();
        var random = new Random(1);
        Steps(40); // both caches are full, and so is the heap
        var before = Resident();

        Steps(60);

        Assert.True(Resident() - before < 64 << 20, $"{(Resident() - before) >> 20} MiB more are resident."); // unbounded, 200 MiB and more

        void Steps(int count)
        {
            for (var i = 0; i < count; i++)
            {
                using var scope = NewDisposeScope();
                var (rows, source, target) = (random.Next(4, 40), random.Next(5, 30), random.Next(5, 30));
                var (from, to) = (TestMath.Full([rows, source], 5, ScalarType.Int64), TestMath.Full([rows, target], 5, ScalarType.Int64));
                model.Project(model.Decode(to, model.Encode(from), from).flatten(0, 1)).sum().backward();
            }
        }
    }

    private static long Resident()
        => long.Parse(File.ReadLines("/proc/self/status").First(line => line.StartsWith("VmRSS", StringComparison.Ordinal))
        .Where(char.IsDigit).ToArray()) << 10;

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
