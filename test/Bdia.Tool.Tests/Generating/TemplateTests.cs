using System.Text.RegularExpressions;
using System.Xml.Linq;
using Bdia.Tool.Generating;
using Bdia.Tool.Tests.Support;
using Bdia.Tool.Training;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Bdia.Tool.Tests.Generating;

[Collection(nameof(ModelTests))]
public sealed class TemplateTests(Support.Trained trained) : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    public static TheoryData<string> Tasks => [.. TrainingTask.All.Select(task => task.Name)];

    [Theory]
    [MemberData(nameof(Tasks))]
    public void Templates_of_every_task_have_the_same_projects_and_are_C_sharp(string task)
    {
        var files = ProjectWriter.Templates(task);

        foreach (var file in new[] { "README.md", "Dockerfile", "__NAME__.slnx", "__NAME__.Model/__NAME__.consumption.cs",
            "__NAME__.Model/__NAME__.training.cs", "__NAME__.ConsoleApp/Program.cs", "__NAME__.WebApi/Inputs.cs", "__NAME__.Batch/Items.cs",
            "__NAME__.Tests/Sample.cs" })
            Assert.Contains(file, files.Keys);
        foreach (var (name, content) in files.Where(file => file.Key.EndsWith(".cs", StringComparison.Ordinal)))
        {
            var filled = Regex.Replace(content, "__(DATASET|TEXT|PREDICTED)__", "\"\"").Replace("__NAME__", "Flowers",
                StringComparison.Ordinal);
            filled = Regex.Replace(filled, "__(EPOCHS|SEED)__", "1");
            Assert.DoesNotContain("__", filled, StringComparison.Ordinal);
            Assert.DoesNotContain(CSharpSyntaxTree.ParseText(filled, path: name, cancellationToken: TestContext.Current.CancellationToken)
                .GetDiagnostics(TestContext.Current.CancellationToken), fault => fault.Severity == DiagnosticSeverity.Error);
        }
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

    // Packs the libraries, generates, builds and tests as a stranger would: minutes.
    [Theory(Explicit = true)]
    [MemberData(nameof(Tasks))]
    public void Generated_projects_build_and_pass_their_tests_against_the_packages(string task)
    {
        var (model, arguments) = task switch
        {
            "image-classification" => (trained.Pictures(), new[] { "--dataset", trained.PictureFolder }),
            "text-classification" => (trained.Texts(), ["--dataset", trained.Messages, "--label-col", "topic", "--text-col", "message"]),
            "translation" => (trained.Translator(), ["--dataset", trained.Pairs, "--source", "en", "--target", "fr"]),
            _ => (trained.Writer(), ["--dataset", trained.Book]),
        };
        var (output, packages) = (folder.At("out/x")[..^2], folder.At("packages/x")[..^2]);
        var root = Repository();
        foreach (var library in new[] { "Bdia.Core", "Bdia.MLNet", "Bdia.Data" })
            Shell.Run(root, "dotnet", "pack", "-c", "Release", Path.Combine("src", library), "-o", packages);
        Command.Run([task, .. arguments, "--epochs", "1", "--name", "Made", "--output", output, "--no-report"]).Succeeded();
        folder.Write("out/nuget.config",
            $"<configuration><packageSources><add key=\"packed\" value=\"{packages}\" /></packageSources></configuration>");

        // A cache of its own, since the packages of one version are kept for good; all others come from the usual one.
        var tested = Shell.Run(output, "dotnet", "test", $"-p:RestorePackagesPath={folder.At("cache/x")[..^2]}",
            $"-p:RestoreFallbackFolders={Cache()}");

        Assert.Contains("Passed!", tested, StringComparison.Ordinal);
        Assert.True(File.Exists(model));
    }

    private static string Cache() => Environment.GetEnvironmentVariable("NUGET_PACKAGES")
        ?? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".nuget", "packages");

    private static string Repository()
    {
        for (var above = new DirectoryInfo(AppContext.BaseDirectory); above is not null; above = above.Parent)
            if (File.Exists(Path.Combine(above.FullName, "Bdia.MLNet.sln"))) return above.FullName;
        throw new InvalidOperationException("The repository is in no folder above the tests.");
    }
}
