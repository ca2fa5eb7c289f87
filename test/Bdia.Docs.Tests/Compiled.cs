using System.Reflection;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace Bdia.Docs.Tests;

/// <summary>A program of a page, behind what the page takes for granted, as an assembly.</summary>
internal sealed class Compiled
{
    // What the SDK's implicit usings give every console application.
    private const string Implicit = """
        global using System; global using System.Collections.Generic; global using System.IO; global using System.Linq;
        global using System.Threading; global using System.Threading.Tasks;
        """;

    private static readonly CSharpParseOptions dialect = new(LanguageVersion.Latest);

    private static readonly MetadataReference[] references =
        [.. ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path))];

    private readonly byte[] image;

    private Compiled(byte[] image) => this.image = image;

    /// <summary>Compiles; a fault of the compiler names page and line.</summary>
    public static Compiled Of(Program program)
    {
        var prelude = Path.Combine(Pages.Root, "test/Bdia.Docs.Tests/Preludes", program.Name + ".cs");
        var (before, replacements) = File.Exists(prelude) ? Prelude(File.ReadAllText(prelude)) : ("", []);
        var parts = new List<(string Path, int Line, string Code)>();
        if (before.Length > 0) parts.Add((prelude, 1, before));
        parts.AddRange(program.Blocks.Select(
            block => (program.Page, block.Line,
            replacements.Aggregate(block.Code, (code, pair) => code.Replace(pair.Old, pair.New, StringComparison.Ordinal)))));

        var options = new CSharpCompilationOptions(OutputKind.ConsoleApplication, nullableContextOptions: NullableContextOptions.Enable);
        var compilation = CSharpCompilation.Create(
            $"{program.Name}-{Guid.NewGuid():N}",
                [CSharpSyntaxTree.ParseText(Implicit, dialect),
                CSharpSyntaxTree.ParseText(Joined(parts), dialect, encoding: Encoding.UTF8)], references, options);
        using var stream = new MemoryStream();
        var faults = compilation.Emit(stream).Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToArray();
        Assert.True(faults.Length == 0,
            string.Join(Environment.NewLine,
            faults.Select(fault => $"{fault.Location.GetMappedLineSpan()}: "
            + $"{fault.GetMessage(System.Globalization.CultureInfo.InvariantCulture)}")));
        return new Compiled(stream.ToArray());
    }

    /// <summary>Runs it in a folder of its own.</summary>
    public async Task Run()
    {
        var (folder, before) = (Directory.CreateTempSubdirectory("bdia-docs-"), Environment.CurrentDirectory);
        Environment.CurrentDirectory = folder.FullName;
        try
        {
            var main = Assembly.Load(image).EntryPoint!;
            var result = main.Invoke(null, BindingFlags.DoNotWrapExceptions, null, main.GetParameters().Length == 0
                ? null : [Array.Empty<string>()], null);
            if (result is Task task) await task;
        }
        finally
        {
            Environment.CurrentDirectory = before;
            folder.Delete(recursive: true);
        }
    }

    // Lines "//= old => new" in a prelude change what cannot run in a test, such as a server that serves for ever.
    private static (string Code, IReadOnlyList<(string Old, string New)> Replacements) Prelude(string text)
    {
        const string Mark = "//= ";
        var lines = text.Split('\n');
        return (string.Join('\n', lines.Select(line => line.StartsWith(Mark, StringComparison.Ordinal) ? "" : line)),
            [.. lines.Where(line => line.StartsWith(Mark, StringComparison.Ordinal))
                .Select(line => line[Mark.Length..].Split(" => ", 2)).Select(pair => (pair[0], pair[1].TrimEnd('\r')))]);
    }

    // Usings first, then statements in order, then types: what several blocks bring may come in any order.
    private static string Joined(IReadOnlyList<(string Path, int Line, string Code)> parts)
    {
        var (usings, statements, types) = (new HashSet<string>(), new StringBuilder(), new StringBuilder());
        foreach (var (path, line, code) in parts)
        {
            var text = SourceText.From(code);
            var unit = SyntaxFactory.ParseCompilationUnit(code, options: dialect);
            foreach (var directive in unit.Usings) usings.Add(directive.ToString());
            foreach (var member in unit.Members)
            {
                var at = line + text.Lines.GetLineFromPosition(member.SpanStart).LineNumber;
                (member is GlobalStatementSyntax ? statements : types).Append($"\n#line {at} \"{path}\"\n")
                    .Append(member.ToString()).Append('\n');
            }
        }

        return string.Join('\n', usings) + statements + types;
    }
}
