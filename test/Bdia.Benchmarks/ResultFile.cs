using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Bdia.Benchmarks;

/// <summary>
/// A suite's figures in sections, each a list of settings with the figures of their processes. Written after every process: a suite
/// that was cut off goes on where it was, and others read what it measured.
/// </summary>
internal sealed class ResultFile
{
    /// <summary>The section of a suite that has only one.</summary>
    public const string Rows = "Rows";

    private static readonly JsonSerializerOptions Json = new() { WriteIndented = true, Converters = { new JsonStringEnumConverter() } };

    private readonly string? path;
    private readonly JsonObject content;

    private ResultFile(string? path, JsonObject content) => (this.path, this.content) = (path, content);

    /// <summary>What is to be measured goes into this file.</summary>
    /// <param name="file">Null keeps the figures in memory alone.</param>
    /// <param name="resume">Whether figures that the file has already count, instead of being replaced.</param>
    public static ResultFile Open(FileInfo? file, bool resume)
        => resume && file is { Exists: true } ? Read(file) : new(file?.FullName, []);

    /// <summary>What was measured.</summary>
    public static ResultFile Read(FileInfo file) => new(file.FullName, JsonNode.Parse(File.ReadAllText(file.FullName))!.AsObject());

    /// <summary>The figures of one contender's processes, none if it was not run.</summary>
    public List<TFigures> Runs<TSettings, TFigures>(string section, TSettings settings)
        => Find(section, JsonSerializer.SerializeToNode(settings, Json)!) is { } row ? row["Runs"].Deserialize<List<TFigures>>(Json)! : [];

    /// <summary>All contenders of a section with their figures, in the order in which they were measured.</summary>
    public IReadOnlyList<(TSettings Settings, List<TFigures> Runs)> All<TSettings, TFigures>(string section)
        => [.. Section(section).Select(
            row => (row!["Settings"].Deserialize<TSettings>(Json)!, row["Runs"].Deserialize<List<TFigures>>(Json)!))];

    /// <summary>Adds what one more process measured, and writes the file.</summary>
    public void Add<TSettings, TFigures>(string section, TSettings settings, TFigures figures)
    {
        var key = JsonSerializer.SerializeToNode(settings, Json)!;
        var row = Find(section, key);
        if (row is null) Section(section).Add(row = new JsonObject { ["Settings"] = key, ["Runs"] = new JsonArray() });
        row["Runs"]!.AsArray().Add(JsonSerializer.SerializeToNode(figures, Json));
        if (path is null) return;
        (content["Machine"], content["Date"]) = (Machine.Describe(), DateTime.UtcNow);
        File.WriteAllText(path + ".part", content.ToJsonString(Json));
        File.Move(path + ".part", path, overwrite: true);
    }

    private JsonObject? Find(string section, JsonNode settings)
        => Section(section).Select(row => row!.AsObject()).FirstOrDefault(row => JsonNode.DeepEquals(row["Settings"], settings));

    private JsonArray Section(string name)
    {
        if (content[name] is null) content[name] = new JsonArray();
        return content[name]!.AsArray();
    }
}
