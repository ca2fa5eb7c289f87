using System.CommandLine;

namespace Bdia.Benchmarks.Plots;

/// <summary>The option of a suite that also draws what it measured.</summary>
internal sealed class PlotOption
{
    private readonly Option<DirectoryInfo?> folder = new("--plots") { Description = "Also draw the figures, as PNG files in this folder." };

    public PlotOption(Command command) => command.Options.Add(folder);

    /// <summary>The folder, which is made if it is not there; null if nothing is to be drawn.</summary>
    public string? Folder(ParseResult parse)
    {
        if (parse.GetValue(this.folder) is not { } folder) return null;
        folder.Create();
        return folder.FullName;
    }
}
