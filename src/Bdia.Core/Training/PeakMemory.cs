using System.Diagnostics;
using System.Globalization;

namespace Bdia.Core.Training;

/// <summary>The largest resident memory of this process, as the operating system counts it.</summary>
public static class PeakMemory
{
    /// <summary>Reads it: VmHWM on Linux, the peak working set elsewhere.</summary>
    /// <returns>Bytes, managed and native memory together.</returns>
    public static long ResidentBytes()
    {
        // .NET's PeakWorkingSet64 is 0 on Linux in some containers, where this file is always there.
        if (OperatingSystem.IsLinux())
        {
            foreach (var line in File.ReadLines("/proc/self/status"))
            {
                if (!line.StartsWith("VmHWM:", StringComparison.Ordinal)) continue;
                var kibibytes = line.AsSpan(6).Trim().ToString().Split(' ')[0];
                return long.Parse(kibibytes, CultureInfo.InvariantCulture) * 1024;
            }
        }

        using var process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64;
    }
}
