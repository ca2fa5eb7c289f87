using System.CommandLine;
using Bdia.Tests.Dependencies;

namespace Bdia.Benchmarks;

/// <summary>Prints which folder of the libraries uses which, as docs/decisions quotes it.</summary>
internal static class ArrowsCommand
{
    public static Command Command()
    {
        var folder = new Option<DirectoryInfo>("--assemblies")
        {
            Description = "Folder with Bdia.Core and Bdia.MLNet, each .dll with its .pdb: those of another commit, say.",
            DefaultValueFactory = _ => new(AppContext.BaseDirectory),
        };
        var command = new Command("arrows",
            "Prints the matrix of dependencies between folders, and all rings, read off the compiled libraries.") { folder };
        command.SetAction(parse => Console.Write(ArrowMatrix.Print(CompiledCode.Libraries(parse.GetValue(folder)!.FullName))));
        return command;
    }
}
