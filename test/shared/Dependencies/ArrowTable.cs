namespace Bdia.Tests.Dependencies;

/// <summary>
/// Which folder may use which, as decided: folders in order of layers, each with those above it that it may use, and with the types that it
/// may use of them where it is meant to see no more. Said are also the rings of files that are to stay, with the reason.
/// </summary>
internal sealed class ArrowTable
{
    /// <summary>Folders in order, each only using folders before it.</summary>
    public required IReadOnlyList<Room> Rooms { get; init; }

    /// <summary>Files that use each other and are to do so.</summary>
    public required IReadOnlyList<Ring> Accepted { get; init; }

    /// <summary>A folder and what it may use.</summary>
    /// <param name="Folder">As in <see cref="ArrowMatrix.Folder"/>.</param>
    /// <param name="Uses">Folders, or "folder: type type ..." where it may use those types alone.</param>
    public sealed record Room(string Folder, params string[] Uses);

    /// <summary>A ring of files.</summary>
    /// <param name="Reason">Why it is one idea in several files.</param>
    /// <param name="Files">Paths without ".cs".</param>
    public sealed record Ring(string Reason, params string[] Files);

    /// <summary>Every way in which code and table differ, as a sentence; those of one assembly.</summary>
    /// <param name="code">The code of all assemblies.</param>
    /// <param name="project">The folder of the assembly's project: Bdia.Core.</param>
    public IEnumerable<string> Faults(CompiledCode code, string project)
    {
        bool Ours(string file) => file.StartsWith($"{project}/", StringComparison.Ordinal);
        var uses = code.Uses.Where(use => Ours(use.File)).ToArray();
        return UnknownRooms([.. code.Files.Where(Ours).Select(ArrowMatrix.Folder).Distinct()])
            .Concat(Rooms.SelectMany((room, at) => WrongOrder(room, at)))
            .Concat(Rooms.SelectMany(room =>
                InRoom(room, [.. uses.Where(use => ArrowMatrix.Folder(use.File) == room.Folder
                && ArrowMatrix.Folder(use.TypeFile) != room.Folder)])))
            .Concat(InRings(Rings.Of(uses.Select(use => (Path(use.File), Path(use.TypeFile))))));
    }

    private IEnumerable<string> UnknownRooms(string[] folders) =>
    [
        .. folders.Except(Rooms.Select(room => room.Folder))
            .Select(folder => $"{folder} is new: say in the table, at its place in the order, which folders it may use."),
        .. Rooms.Select(room => room.Folder).Except(folders).Select(folder => $"{folder} is in the table and holds no code."),
    ];

    // Folders of another assembly, which this table does not hold, are below all of this one.
    private IEnumerable<string> WrongOrder(Room room, int at)
        => room.Uses.Select(Folder).Where(used => Rooms.Skip(at).Any(later => later.Folder == used))
            .Select(used => $"{room.Folder} may use {used}, which is not above it in the table.");

    private static IEnumerable<string> InRoom(Room room, CompiledCode.Use[] uses)
    {
        var allowed = room.Uses.ToDictionary(Folder, Types);
        foreach (var use in uses)
            if (!allowed.TryGetValue(ArrowMatrix.Folder(use.TypeFile), out var types))
                yield return $"{use.File} uses {use.Type} of {ArrowMatrix.Folder(use.TypeFile)}, which {room.Folder} may not.";
            else if (types.Length > 0 && !types.Contains(use.Type))
                yield return $"{use.File} uses {use.Type}; of {ArrowMatrix.Folder(use.TypeFile)} {room.Folder} may use "
                    + $"{string.Join(", ", types)} alone.";
        foreach (var (folder, types) in allowed)
        {
            var used = uses.Where(use => ArrowMatrix.Folder(use.TypeFile) == folder).Select(use => use.Type).ToHashSet();
            if (used.Count == 0) yield return $"{room.Folder} may use {folder} and does not: take it from the table.";
            else foreach (var type in types.Except(used)) yield return $"{room.Folder} may use {type} of {folder} and does not: take it "
                + "from the table.";
        }
    }

    private IEnumerable<string> InRings(IReadOnlyList<string[]> rings)
    {
        var (found, accepted) = (rings.Select(Name).ToArray(),
            Accepted.Select(ring => Name([.. ring.Files.Order(StringComparer.Ordinal)])).ToArray());
        return [.. found.Except(accepted).Select(ring => $"These files use each other in a ring: {ring}."),
            .. accepted.Except(found).Select(ring => $"This ring is accepted and is none: {ring}.")];
    }

    private static string Name(string[] files) => string.Join(", ", files);

    private static string Path(string file) => System.IO.Path.ChangeExtension(file, null);

    private static string Folder(string use) => use.Split(':')[0];

    private static string[] Types(string use)
        => use.Split(':', 2) is [_, var types] ? types.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [];
}
