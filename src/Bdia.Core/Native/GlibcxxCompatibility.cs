using System.Buffers.Binary;
using System.Text;

namespace Bdia.Core.Native;

/// <summary>
/// Lets a library that was built with a recent GCC run on an older libstdc++, where every symbol that the older one lacks has
/// an equal under another name or version.
/// </summary>
/// <remarks>
/// The loader refuses a library as soon as it names an unknown version, even if a single symbol asks for it. TorchSharp 0.107.0 asks for
/// GLIBCXX_3.4.32 (GCC 13) for one symbol; Debian 12 and Ubuntu 22.04 stop at 3.4.30, RHEL 9 at 3.4.29. Redirecting takes three
/// small writes per symbol in a copy of the file: hash and name of the version, and the name of the symbol.
/// </remarks>
internal static class GlibcxxCompatibility
{
    private const string CxxLibrary = "libstdc++.so.6";

    private static readonly Redirection[] Redirections =
    [
        // Since GCC 13 the streams are initialised by this call; before, by constructing an ios_base::Init, whose
        // constructor ignores its this-pointer: it only counts, and initialises the streams the first time.
        new("_ZSt21ios_base_library_initv", "GLIBCXX_3.4.32", "_ZNSt8ios_base4InitC1Ev", "GLIBCXX_3.4"),
        // condition_variable::wait became noexcept in GCC 12 and got a new version; the same function stands under the old one.
        new("_ZNSt18condition_variable4waitERSt11unique_lockISt5mutexE", "GLIBCXX_3.4.30", null, "GLIBCXX_3.4.11"),
    ];

    /// <summary>Redirects what <paramref name="library"/> needs and the machine's libstdc++ does not define.</summary>
    /// <param name="library">The library's bytes; they stay unchanged.</param>
    /// <param name="path">Its path, for messages.</param>
    /// <param name="available">The versions that the machine's libstdc++ defines.</param>
    /// <param name="availablePath">The path of that libstdc++, for messages.</param>
    /// <returns>The redirected copy, or null where nothing is missing.</returns>
    /// <exception cref="BadImageFormatException">The library is truncated or altered.</exception>
    /// <exception cref="NativeLibraryMissingException">Something is missing that has no known equal.</exception>
    public static byte[]? Adapt(byte[] library, string path, IReadOnlySet<string> available, string availablePath)
    {
        var elf = ElfImage.Parse(library);
        var missing = elf.Needed.Where(need => need.Library == CxxLibrary && !available.Contains(need.Version)).ToList();
        if (missing.Count == 0)
            return null;

        var copy = library.ToArray();
        foreach (var need in missing)
        {
            var symbols = elf.Symbols.Where(symbol => symbol.VersionIndex == need.Index).ToList();
            var redirection = Redirections.SingleOrDefault(known => known.Version == need.Version);
            var replacement = elf.Needed.FirstOrDefault(other => other.Library == CxxLibrary && other.Version == redirection.NewVersion);
            if (symbols.Count != 1 || symbols[0].Name != redirection.Symbol || replacement is null
                || !available.Contains(replacement.Version))
                throw Unknown(path, need.Version, symbols, available, availablePath);

            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(need.HashPosition), replacement.Hash);
            BinaryPrimitives.WriteUInt32LittleEndian(copy.AsSpan(need.NamePosition), replacement.NameOffset);
            if (redirection.NewSymbol is { } name)
                Rename(elf, copy, symbols[0], name);
        }

        return copy;
    }

    /// <summary>The highest GLIBCXX version among those that a libstdc++ defines, such as GLIBCXX_3.4.30.</summary>
    public static string Highest(IEnumerable<string> versions) =>
        versions.Where(version => version.StartsWith("GLIBCXX_3.", StringComparison.Ordinal))
            .MaxBy(version => Version.TryParse(version["GLIBCXX_".Length..], out var number) ? number : new Version())
                ?? "no GLIBCXX version";

    // The new name is not longer than the old one, and takes its place. Linkers let a name share the end of a longer one: then
    // overwriting it would rename a stranger too.
    private static void Rename(ElfImage elf, byte[] copy, ElfImage.Symbol symbol, string name)
    {
        var room = copy.AsSpan(symbol.NamePosition, symbol.Name.Length);
        var end = symbol.NamePosition + room.Length;
        if (elf.Symbols.Any(other => other.NamePosition > symbol.NamePosition && other.NamePosition < end))
            throw new BadImageFormatException(
                $"The name of the symbol '{symbol.Name}' is shared with another symbol and cannot be replaced.");
        room.Clear();
        Encoding.ASCII.GetBytes(name, room);
    }

    private static NativeLibraryMissingException Unknown(
        string path, string version, List<ElfImage.Symbol> symbols, IReadOnlySet<string> available, string availablePath) =>
        new($"'{path}' needs {version} of {CxxLibrary} (for {string.Join(", ", symbols.Select(symbol => symbol.Name).Take(5))}), and "
            + $"'{availablePath}' ends at {Highest(available)}. Install a libstdc++ that defines {version} (package 'libstdc++6' on "
                + "Debian and Ubuntu, "
            + "'libstdc++' on Fedora and RHEL), or use the TorchSharp version that this package asks for.");

    private readonly record struct Redirection(string Symbol, string Version, string? NewSymbol, string NewVersion);
}
