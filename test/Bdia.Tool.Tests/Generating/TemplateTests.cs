using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Bdia.Tool.Generating;
using Bdia.Tool.Tests.Support;
using Bdia.Tool.Training;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Bdia.Tool.Tests.Generating;

[Collection(nameof(ModelTests))]
public sealed partial class TemplateTests(Support.Trained trained) : IDisposable
{
    // What the SDK's implicit usings give.
    private const string Implicit = "global using System; global using System.Collections.Generic; global using System.IO; "
        + "global using System.Linq; global using System.Threading.Tasks;";

    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Tasks => [.. TrainingTask.All.Select(task => task.Name)];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Templates_of_every_task_have_the_same_projects_and_compile(string task)
    {
        var files = ProjectWriter.Templates(task);

        foreach (var file in new[] { "README.md", "Dockerfile", "__NAME__.slnx", "__NAME__.Model/__NAME__.consumption.cs",
            "__NAME__.Model/__NAME__.training.cs", "__NAME__.ConsoleApp/Program.cs", "__NAME__.WebApi/Inputs.cs", "__NAME__.Batch/Items.cs",
            "__NAME__.Tests/Sample.cs" })
            Assert.Contains(file, files.Keys);
        SyntaxTree[] trees = [.. files.Where(file => file.Key.EndsWith(".cs", StringComparison.Ordinal)).Select(file => Tree(file.Key,
            Filled(file.Value, task == "text-generation" ? "null" : "\"a\", \"b\"", task == "translation" ? "Source" : "Text")))];
        Assert.All(trees, tree => Assert.DoesNotContain(tree.GetDiagnostics(TestContext.Current.CancellationToken), IsError));
        // What needs neither a web server nor a test runner is compiled; the rest is by the explicit tests below.
        var compiled = CSharpCompilation.Create("Flowers", [.. trees.Where(tree => !tree.FilePath.EndsWith("Program.cs",
            StringComparison.Ordinal) && !Regex.IsMatch(tree.FilePath, "WebApi|Tests")), Tree("", Implicit)],
            ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator).Select(path =>
                MetadataReference.CreateFromFile(path)),
            new(OutputKind.DynamicallyLinkedLibrary, nullableContextOptions: NullableContextOptions.Enable));
        Assert.DoesNotContain(compiled.GetDiagnostics(TestContext.Current.CancellationToken), IsError);

        static bool IsError(Diagnostic fault) => fault.Severity >= DiagnosticSeverity.Warning;
        static SyntaxTree Tree(string name, string code)
            => CSharpSyntaxTree.ParseText(code, path: name, cancellationToken: TestContext.Current.CancellationToken);
    }

    private static string Filled(string content, string columns, string input)
    {
        var filled = Regex.Replace(content, "__(DATASET|TEXT|PREDICTED)__", "\"\"").Replace("__NAME__", "Flowers", StringComparison.Ordinal)
            .Replace("__COLUMNS__", columns, StringComparison.Ordinal).Replace("__INPUT__", input, StringComparison.Ordinal)
            .Replace("__FIELD__", "field", StringComparison.Ordinal);
        filled = Regex.Replace(Regex.Replace(filled, "__(EPOCHS|SEED)__", "1"), "__(OPTIONS|RECIPE)__", "");
        Assert.DoesNotContain("__", filled, StringComparison.Ordinal);
        return filled;
    }

    [Fact]
    public void Projects_are_written_whole_and_what_is_there_already_stays()
    {
        string[] arguments = ["image-classification", "--dataset", Pictures.Folder(folder, each: 5), "--epochs", "1", "--name", "Shop",
            "--output", folder.At("out"), "--no-report"];
        Command.Run(arguments).Succeeded();

        var files = Directory.GetFiles(folder.At("out"), "*", SearchOption.AllDirectories).Where(file =>
            Path.GetExtension(file) is ".cs" or ".csproj" or ".md" or ".json" or ".props" or ".slnx" or "").ToArray();
        Assert.All(files, file => Assert.DoesNotMatch("__[A-Z]+__", File.ReadAllText(file)));
        Assert.All(files.Where(file => file.EndsWith("proj", StringComparison.Ordinal)), file => XDocument.Load(file));
        Assert.True(File.Exists(folder.At("out/Shop.Tests/sample.bin")));
        Assert.Contains("Bdia.MLNet", File.ReadAllText(folder.At("out/Shop.Model/Shop.Model.csproj")), StringComparison.Ordinal);

        var changed = folder.At("out/Shop.ConsoleApp/Program.cs");
        File.AppendAllText(changed, "// mine");
        Assert.Contains("stay as they are", Command.Run(arguments).Succeeded().Error, StringComparison.Ordinal);
        Assert.EndsWith("// mine", File.ReadAllText(changed), StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Dotnet_new_fills_every_place_of_the_same_files(string task)
    {
        var file = Path.Combine(Repository(), "src/Bdia.Templates", task, "template.json");
        using var description = JsonDocument.Parse(File.ReadAllText(file));
        var root = description.RootElement;
        var filled = root.GetProperty("symbols").EnumerateObject().Where(symbol => symbol.Value.TryGetProperty("replaces", out _))
            .Select(symbol => symbol.Value.GetProperty("replaces").GetString()).ToArray();
        var places = ProjectWriter.Templates(task).SelectMany(file => Places().Matches(file.Key + file.Value)).Select(match => match.Value);

        Assert.Equal($"bdia-{task}", root.GetProperty("shortName").GetString());
        Assert.Equal(places.Distinct().Order(StringComparer.Ordinal), filled.Order(StringComparer.Ordinal));
        // MSBuild, which fills in the version, would turn it.
        Assert.DoesNotContain('\\', root.GetRawText());
    }

    [Fact]
    public void Generated_code_trains_with_the_options_of_the_command()
    {
        Command.Run("image-classification", "--dataset", Pictures.Folder(folder, each: 5), "--epochs", "1", "--seed", "3", "--recipe",
            "fast", "--preset", "tiny", "--image-size", "16", "--name", "Shop", "--output", folder.At("out"), "--no-report",
            "--label-col", "kind")
            .Succeeded();

        var code = File.ReadAllText(folder.At("out/Shop.Model/Shop.training.cs"));
        Assert.Contains("Options(Recipe.Fast)", code, StringComparison.Ordinal);
        Assert.Contains("Seed = 3, Preset = VisionTransformerPreset.Tiny, Width = null", code, StringComparison.Ordinal);
        Assert.Contains("ImageHeight = 16, ImageWidth = 16,", code, StringComparison.Ordinal);
        Assert.Contains("PictureSet.Open(folder, \"kind\", null)", code, StringComparison.Ordinal);
    }

    // Packs the libraries, generates, builds and tests as a stranger would: minutes.
    [Theory(Explicit = true)]
    [MemberData(nameof(Tasks))]
    public void Generated_projects_build_and_pass_their_tests_against_the_packages(string task)
    {
        var output = folder.At("out/x")[..^2];
        Command.Run([task, .. Data(task), "--epochs", "1", "--name", "Made", "--output", output, "--no-report"]).Succeeded();

        Assert.Contains("Passed!", Tested(output), StringComparison.Ordinal);

        // The service as a program: what is wrong is a sentence and an exit code.
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        var service = Directory.GetFiles(Path.Combine(output, "Made.WebApi", "bin"), "Made.WebApi.dll", SearchOption.AllDirectories)[0];
        Ends(3, "Give another address", "--urls", $"http://{taken.LocalEndpoint}");
        Ends(4, "There is no model", "--Model:File", "none.zip");
        Ends(4, "cannot be loaded as a model", "--Model:File", Path.Combine(output, "README.md"));
        Ends(2, "Check appsettings.json", "--Model:QueueLimit", "0");

        void Ends(int code, string says, params string[] arguments)
        {
            var ended = Shell.Try(output, [], "dotnet", ["exec", service, .. arguments]);
            Assert.Equal(code, ended.Code);
            Assert.StartsWith("Error: ", ended.Error, StringComparison.Ordinal);
            Assert.Contains(says, ended.Error, StringComparison.Ordinal);
            Assert.DoesNotContain("   at ", ended.Error, StringComparison.Ordinal);
        }
    }

    // Installs the packed templates, builds, trains by the program that they make, and tests: minutes.
    [Theory(Explicit = true)]
    [MemberData(nameof(Tasks))]
    public void Dotnet_new_makes_projects_that_build_train_and_pass_their_tests(string task)
    {
        var packages = Packed();
        var home = new Dictionary<string, string> { ["DOTNET_CLI_HOME"] = folder.At("home/x")[..^2] };
        Shell.Run(folder.Root, home, "dotnet", "new", "install", Directory.GetFiles(packages, "Bdia.Templates.*.nupkg").Single());
        string[] columns = Data(task)[2..];
        Shell.Run(folder.Root, home, "dotnet", ["new", $"bdia-{task}", "--name", "Made-new", "--epochs", "1", .. columns]);
        var output = folder.At("Made-new");

        Assert.Contains("Skipped!", Tested(output), StringComparison.Ordinal);
        Shell.Run(output, [], "dotnet", ["run", "--no-restore", "--project", "Made_new.ConsoleApp", "--", "train", Data(task)[1],
            "Made_new.zip"]);
        Assert.Contains("Passed!", Tested(output), StringComparison.Ordinal);
    }

    private string[] Data(string task)
    {
        _ = task switch
        {
            "image-classification" => trained.Pictures(), "text-classification" => trained.Texts(), "translation" => trained.Translator(),
            _ => trained.Writer(),
        };
        return task switch
        {
            "image-classification" => ["--dataset", trained.PictureFolder],
            "text-classification" => ["--dataset", trained.Messages, "--label-col", "topic", "--text-col", "message"],
            "translation" => ["--dataset", trained.Pairs, "--source", "en", "--target", "fr"],
            _ => ["--dataset", trained.Book],
        };
    }

    private string Packed()
    {
        // Once for all tests.
        var packages = trained.Folder.At("packages/x")[..^2];
        if (Directory.GetFiles(packages).Length == 0)
            foreach (var library in new[] { "Bdia.Core", "Bdia.MLNet", "Bdia.Data", "Bdia.Templates" })
                Shell.Run(Repository(), [], "dotnet", "pack", "-c", "Release", Path.Combine("src", library), "-o", packages);
        return packages;
    }

    // A cache of its own, since the packages of one version are kept for good; all others come from the usual one.
    private string Tested(string output)
    {
        File.WriteAllText(Path.Combine(output, "nuget.config"),
            $"<configuration><packageSources><add key=\"packed\" value=\"{Packed()}\" /></packageSources></configuration>");
        return Shell.Run(output, [], "dotnet", "test", $"-p:RestorePackagesPath={trained.Folder.At("cache/x")[..^2]}",
            $"-p:RestoreFallbackFolders={Cache()}");
    }

    [GeneratedRegex("__[A-Z_]*[A-Z]__")]
    private static partial Regex Places();

    private static string Cache() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string Repository()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
            if (File.Exists(Path.Combine(above.FullName, "Bdia.MLNet.sln"))) return above.FullName;
        throw new InvalidOperationException("The repository is in no folder above the tests.");
    }
}
