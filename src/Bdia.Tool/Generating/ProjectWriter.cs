using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json;
using Bdia.Data.Files;
using Bdia.Reports.Rows;
using Bdia.Tool.CommandLine;
using Bdia.Tool.Training;

namespace Bdia.Tool.Generating;

/// <summary>
/// Writes the projects that use a model, from templates within the tool: files of all tasks, and over them those of the task. A file that
/// is
/// there already stays as it is, since somebody may have changed it.
/// </summary>
internal static class ProjectWriter
{
    private const string Root = "Templates/";

    public static void Write(TrainingTask task, RowSets data, TrainOptions options, Evaluation evaluation, int? epochs,
        ToolConsole console)
    {
        var (row, prediction) = evaluation.Rows.FirstOrDefault(row => row.Prediction.Fault is null);
        if (row is null)
        {
            console.Note("no projects are written, since no test row could be scored that their tests would look at.");
            return;
        }

        var values = Values(task, data, options, row, prediction, epochs);
        var (written, kept) = (0, 0);
        foreach (var (name, content) in Templates(task.Name))
        {
            var path = options.At(Filled(name, values));
            if (File.Exists(path)) kept++;
            else
            {
                written++;
                WholeFile.Write(path, stream => stream.Write(Encoding.UTF8.GetBytes(Filled(content, values))));
            }
        }

        // The sample goes with the model: its answer is what this model gives.
        if (row.Picture is { } load) WholeFile.Write(options.At($"{options.Name}.Tests/sample.bin"), stream => stream.Write(load()));
        console.Say($"  {"projects",-10} {options.Output}: dotnet test, dotnet run --project {options.Name}.WebApi");
        if (kept > 0)
            console.Note($"{kept} files of the projects were there already and stay as they are; delete those that are to be written "
                + $"anew.");
    }

    /// <summary>The files of a task: names from the root of the output, and contents with places to be filled.</summary>
    public static IReadOnlyDictionary<string, string> Templates(string task)
    {
        var files = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var assembly = Assembly.GetExecutingAssembly();
        foreach (var folder in new[] { $"{Root}common/", $"{Root}{task}/" })
        {
            foreach (var resource in assembly.GetManifestResourceNames().Select(name => (Name: name, Path: name.Replace('\\', '/')))
                .Where(resource => resource.Path.StartsWith(folder, StringComparison.Ordinal)))
            {
                using var reader = new StreamReader(assembly.GetManifestResourceStream(resource.Name)!);
                files[resource.Path[folder.Length..]] = reader.ReadToEnd();
            }
        }

        return files;
    }

    private static Dictionary<string, string> Values(TrainingTask task, RowSets data, TrainOptions options, DataRow row,
        Prediction prediction, int? epochs)
    {
        var isPicture = row.Picture is not null;
        var input = task is TranslationTask ? "Source" : "Text";
        var field = input.ToLowerInvariant();
        return new()
        {
            ["NAME"] = options.Name,
            ["LOWER"] = options.Name.ToLowerInvariant(),
            ["VERSION"] = Version(),
            ["DATASET"] = Literal(Path.GetFullPath(options.Dataset)),
            ["EPOCHS"] = (epochs ?? 1).ToString(CultureInfo.InvariantCulture),
            ["SEED"] = options.Seed.ToString(CultureInfo.InvariantCulture),
            ["RECIPE"] = options.Recipe is { } recipe ? $"Recipe.{recipe}" : "",
            ["OPTIONS"] = string.Concat(task.CodeOptions(data, options).Select(option => $" {option.Name} = {option.Value},")),
            ["COLUMNS"] = Columns(task, options),
            ["INPUT"] = input,
            ["FIELD"] = field,
            ["TEXT"] = Literal(row.Text),
            ["PREDICTED"] = Literal(prediction.Text),
            ["SAMPLE_ARGUMENT"] = isPicture ? $"{options.Name}.Tests/sample.bin"
                : $"\"{row.Text.Replace('"', '\'').ReplaceLineEndings(" ")}\"",
            ["CURL"] = isPicture ? $"--data-binary @{options.Name}.Tests/sample.bin -H 'Content-Type: application/octet-stream'"
                : $"-H 'Content-Type: application/json' -d '{{ \"{field}\": \"...\" }}'",
            ["FOLDER"] = isPicture ? ", or a folder of pictures" : "",
        };
    }

    // Arguments of the readers of Bdia.Data, so that the projects read what was trained on; null: by its usual names.
    private static string Columns(TrainingTask task, TrainOptions options)
    {
        string?[] columns = task switch
        {
            PictureTask => [options.LabelColumn, options.ImageColumn],
            TextTask => [options.TextColumn, options.LabelColumn],
            TranslationTask => [options.Source, options.Target],
            _ => [options.TextColumn],
        };
        return string.Join(", ", columns.Select(column => column is null ? "null" : Literal(column)))
            + (options.HasHeader ? "" : ", hasHeader: false");
    }

    private static string Filled(string text, Dictionary<string, string> values)
        => values.Aggregate(text, (filled, value) => filled.Replace($"__{value.Key}__", value.Value, StringComparison.Ordinal));

    /// <summary>A text as C# has it: what JSON has is a part of it.</summary>
    private static string Literal(string text) => JsonSerializer.Serialize(text);

    private static string Version() => Assembly.GetExecutingAssembly().GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
        .InformationalVersion.Split('+')[0];
}
