using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace Bdia.Core.Native;

/// <summary>
/// Lets libtorch's matrix products use 512-bit registers on AMD processors that have them. Their library, MKL, asks who made the processor
/// and takes kernels of 256 bits unless the answer is Intel. It asks by functions that can be found outside of it: ours are loaded before,
/// and answer yes. docs/decisions/wide-products.md has the measurements, and what else was weighed.
/// </summary>
internal static class WideProducts
{
    /// <summary>The environment variable that turns it off by 0 or false.</summary>
    public const string Variable = "BDIA_WIDE_PRODUCTS";

    /// <summary>The switch of the application (AppContext, runtimeconfig.json) that turns it off by false.</summary>
    public const string Switch = "Bdia.Core.WideProducts";

    private const string LibraryName = "libbdia-wide-products.so";
    private const string Vendor = "AuthenticAMD";

    /// <summary>What MKL asks.</summary>
    internal static IReadOnlyList<string> Questions { get; } = ["mkl_serv_intel_cpu_true", "mkl_serv_intel_cpu"];

    // By these a user decides about MKL's kernels himself.
    private static readonly string[] settings = ["MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "MKL_DEBUG_CPU_TYPE"];

    private static nint answers;
    private static string? fault;

    /// <summary>What was done, for <see cref="BdiaRuntime.Describe"/>; empty where nothing was.</summary>
    public static string State => answers == 0 ? "" : WasAsked ? ", 512-bit products of MKL" : ", 512-bit products offered to MKL";

    /// <summary>Whether MKL has asked, and so goes by our answer.</summary>
    public static bool WasAsked
        => answers != 0 && NativeLibrary.TryGetExport(answers, AnsweringLibrary.Asked, out var asked) && Marshal.ReadInt32(asked) != 0;

    /// <summary>Whether MKL goes by what the processor has: it does on Intel's, elsewhere where it had our answer.</summary>
    public static bool AreTaken
        => WasAsked || (Manufacturer() == "GenuineIntel" && settings.All(name => Environment.GetEnvironmentVariable(name) is null));

    /// <summary>
    /// Loads the answers, where they gain something and the user has not decided otherwise. Before libtorch is loaded; where somebody has
    /// loaded it before, or answers already, nothing is done.
    /// </summary>
    public static void Offer()
    {
        if (!IsWorthwhile(Manufacturer(), HasInstructions, Environment.GetEnvironmentVariable,
                AppContext.TryGetSwitch(Switch, out var on) ? on : null)
            || IsAnswered() || IsMapped("libtorch_cpu.so", File.ReadLines("/proc/self/maps"))) return;
        try
        {
            answers = MemoryImage.Load(AnsweringLibrary.Build(LibraryName, Questions), LibraryName, forEverybody: true);
        }
        catch (Exception e) when (e is DllNotFoundException or IOException or UnauthorizedAccessException)
        {
            // Where nothing can be loaded from memory, products are as fast as they would be without us.
        }
    }

    /// <summary>
    /// Takes small products through the kernels that the answer brought, the first time, and compares them with sums written out. After
    /// libtorch is loaded.
    /// </summary>
    /// <exception cref="InvalidOperationException">A product is wrong. MKL asks once, so that it cannot be undone in this
    /// process.</exception>
    public static void Check()
    {
        if (answers == 0) return;
        fault ??= ProductCheck.FirstFault(ProductCheck.ByTorch) ?? "";
        if (fault.Length > 0)
            throw new InvalidOperationException(
                $"With 512-bit products on this processor, {fault} Set the environment variable {Variable} to 0, or the switch {Switch} of "
                    + "the application to false, and start the process anew: MKL then takes its 256-bit kernels.");
    }

    /// <summary>Whether to answer at all.</summary>
    /// <param name="manufacturer">Of the processor, as it tells.</param>
    /// <param name="hasInstructions">Whether processor and operating system have all that MKL's 512-bit kernels need.</param>
    /// <param name="variable">The environment.</param>
    /// <param name="wanted">What the application's switch says, or null.</param>
    internal static bool IsWorthwhile(string? manufacturer, bool hasInstructions, Func<string, string?> variable, bool? wanted)
        => manufacturer == Vendor && hasInstructions && wanted is not false && !IsOff(variable(Variable))
            && settings.All(name => variable(name) is null);

    /// <summary>Whether a library is among the lines of /proc/self/maps.</summary>
    internal static bool IsMapped(string fileName, IEnumerable<string> mappings)
        => mappings.Any(line => line.EndsWith("/" + fileName, StringComparison.Ordinal));

    private static bool HasInstructions
        => Avx512F.IsSupported && Avx512F.VL.IsSupported && Avx512CD.IsSupported && Avx512BW.IsSupported && Avx512DQ.IsSupported
            && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    private static bool IsOff(string? value) => value is "0" || "false".Equals(value, StringComparison.OrdinalIgnoreCase);

    private static bool IsAnswered()
        => Questions.Any(name => NativeLibrary.TryGetExport(NativeLibrary.GetMainProgramHandle(), name, out _));

    private static string? Manufacturer()
    {
        if (!X86Base.IsSupported) return null;
        var (_, b, c, d) = X86Base.CpuId(0, 0);
        return string.Concat(new[] { b, d, c }.SelectMany(BitConverter.GetBytes).Select(letter => (char)letter));
    }
}
