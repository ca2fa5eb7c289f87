using System.Text.Json;

namespace Bdia.Tool.CommandLine;

/// <summary>Options from a JSON file: an object with the options' names, without their dashes. The command line's own come first.</summary>
internal static class OptionFile
{
    public const string Name = "--options";

    /// <summary>The arguments with those of the file that <c>--options</c> names.</summary>
    /// <exception cref="ToolException">The file cannot be read or is no such object.</exception>
    public static string[] Expand(string[] args)
    {
        var at = Array.IndexOf(args, Name);
        if (at < 0) return args;
        if (at + 1 >= args.Length) throw Fault($"{Name} needs a file. Give one, or leave it out.");
        List<string> all = [.. args[..at], .. args[(at + 2)..]];
        foreach (var property in Read(args[at + 1]))
        {
            var name = $"--{property.Name}";
            if (all.Contains(name)) continue;
            all.Add(name);
            if (property.Value.ValueKind == JsonValueKind.Array) all.AddRange(property.Value.EnumerateArray().Select(Text));
            else all.Add(Text(property.Value));
        }

        return [.. all];
    }

    private static JsonProperty[] Read(string path)
    {
        try
        {
            using var file = JsonDocument.Parse(File.ReadAllText(path),
                new() { AllowTrailingCommas = true, CommentHandling = JsonCommentHandling.Skip });
            var root = file.RootElement.Clone();
            return root.ValueKind == JsonValueKind.Object ? [.. root.EnumerateObject()]
                : throw Fault($"{path} is a JSON {root.ValueKind}. Give an object of options, such as {{ \"train-time\": 300 }}.");
        }
        catch (Exception fault) when (fault is IOException or UnauthorizedAccessException)
        {
            throw Fault($"The file of options {path} cannot be read ({fault.Message.TrimEnd('.')}). Check {Name}.", fault);
        }
        catch (JsonException fault)
        {
            throw Fault($"The file of options {path} is no JSON: line {fault.LineNumber + 1}. Mend it.", fault);
        }
    }

    private static string Text(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetRawText();

    private static ToolException Fault(string message, Exception? inner = null) => new(ExitCode.CommandLine, message, inner);
}
