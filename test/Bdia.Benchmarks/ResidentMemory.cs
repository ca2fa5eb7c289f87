using System.Diagnostics;

namespace Bdia.Benchmarks;

/// <summary>Resident memory of this process, as the operating system counts it, in bytes.</summary>
internal static class ResidentMemory
{
    public static long Now() => Status("VmRSS:") ?? Process.GetCurrentProcess().WorkingSet64;

    public static long Peak() => Status("VmHWM:") ?? Process.GetCurrentProcess().PeakWorkingSet64;

    private static long? Status(string field)
    {
        const string linux = "/proc/self/status";
        if (!File.Exists(linux)) return null;
        var line = File.ReadLines(linux).FirstOrDefault(l => l.StartsWith(field, StringComparison.Ordinal));
        return line is null ? null : long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1]) * 1024;
    }
}
