using System.Reflection;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Native;

/// <summary>The native libraries that do the computing: whether they are there, which they are, and how many threads they use.</summary>
/// <remarks>
/// On Linux, where an AMD processor has AVX-512, this library lets libtorch's matrix products (MKL's) use its 512-bit registers, which they
/// otherwise do on Intel's processors alone. Results may differ in their last bits from those with 256-bit registers. The environment
/// variable <c>BDIA_WIDE_PRODUCTS=0</c> turns it off, as does the switch <c>Bdia.Core.WideProducts</c> in runtimeconfig.json or by
/// <see cref="AppContext.SetSwitch"/> before anything of this library or of TorchSharp runs; it stays off where one of MKL's own variables
/// (MKL_CBWR, MKL_ENABLE_INSTRUCTIONS, MKL_DEBUG_CPU_TYPE) is set, or libtorch was loaded before. <see cref="Describe"/> says whether it is
/// on.
/// </remarks>
public static class BdiaRuntime
{
    private static readonly Lock loading = new();
    private static volatile bool loaded;

    /// <summary>
    /// How many threads libtorch uses inside one operation; at least 1, by default the number of physical cores, and no more than a
    /// container's quota or an affinity mask leaves to the process (unless OMP_NUM_THREADS or MKL_NUM_THREADS is set). It holds for the
    /// whole process, and results may differ in their last bits between thread counts.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is less than 1.</exception>
    /// <exception cref="NativeLibraryMissingException">The native libraries cannot be loaded.</exception>
    public static int Threads
    {
        get
        {
            EnsureLoaded();
            return get_num_threads();
        }

        set
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(value, 1);
            EnsureLoaded();
            set_num_threads(value);
        }
    }

    /// <summary>
    /// Whether libtorch has fast products of bfloat16 for this processor. Where it has not, on x86 without AVX-512, layers take them in
    /// float32 of values rounded to bfloat16: at float32's speed, with bfloat16's numbers and smaller activations.
    /// </summary>
    /// <remarks>
    /// The condition is that of oneDNN, from which libtorch takes them; of other processors than x86 it is not known, and true. It tells
    /// nothing of GPUs.
    /// </remarks>
    public static bool HasBFloat16Products { get; } = !X86Base.IsSupported || (Avx512BW.VL.IsSupported && Avx512DQ.VL.IsSupported);

    /// <summary>
    /// Whether MKL's own products of bfloat16 are as fast as oneDNN's: the processor has instructions for them, and MKL goes by what it
    /// has.
    /// </summary>
    internal static bool HasDirectBFloat16Products => HasBFloat16Products && hasBFloat16Instructions && WideProducts.AreTaken;

    // Asked once: a virtual machine leaves its guest for each answer.
    private static readonly bool hasBFloat16Instructions = X86Base.IsSupported && (X86Base.CpuId(7, 1).Eax & 1 << 5) != 0;

    /// <summary>
    /// Loads the native libraries, or says why that is impossible. Trainers call it; an application that calls TorchSharp before anything
    /// of this library calls it first, since TorchSharp alone does not load where the system's C++ library is older than GCC 13.
    /// </summary>
    /// <remarks>Safe to call from any thread and at any time; free after the first success.</remarks>
    /// <exception cref="NativeLibraryMissingException">A library is absent or cannot be loaded. The message names it and the package that
    /// brings it.</exception>
    /// <exception cref="InvalidOperationException">Matrix products with 512-bit registers are wrong on this processor (see the remarks of
    /// the class).</exception>
    public static void EnsureLoaded()
    {
        if (loaded)
            return;
        NativeLoader.Load();
        lock (loading)
        {
            if (loaded) return;
            ThreadTeams.FitToProcessors();
            WideProducts.Check();
            loaded = true;
        }
    }

    /// <summary>
    /// One line for logs and bug reports: versions, platform, threads, devices, and what was adapted. It never throws: where the native
    /// libraries cannot be loaded, the line ends with the reason.
    /// </summary>
    public static string Describe()
    {
        var version = typeof(BdiaRuntime).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split(
            '+')[0];
        var versions = $"Bdia.Core {version}, TorchSharp {NativeLocator.TorchSharpVersion}, .NET {Environment.Version}, "
            + $"{NativeLocator.Platform} ({RuntimeInformation.OSDescription})";
        try
        {
            return $"{versions}; {NativeLoader.State}; {Threads} threads{ThreadTeams.State}{WideProducts.State}; "
                + $"libtorch {torch.NormalizeNuGetVersion(torch.__version__)}; "
                + $"CUDA {(torch.cuda.is_available() ? "available" : "not available")}";
        }
        catch (Exception e) when (e is NativeLibraryMissingException or InvalidOperationException)
        {
            return $"{versions}; {e.Message}";
        }
    }
}
