using System.Globalization;
using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using static TorchSharp.torch;

namespace Bdia.Core.Pretrained;

/// <summary>What is known of the vision transformer in a safetensors file, from its header and the config.json beside it.</summary>
/// <param name="Options">The network; two classes where it has no head.</param>
/// <param name="Tensors">Its tensors.</param>
/// <param name="HasHead">Whether there is a head.</param>
/// <param name="ClassNames">What the config calls its classes; null where it does not.</param>
/// <param name="Pixels">How pixels are expected; null where nothing tells.</param>
/// <param name="Notes">What was assumed or left out, a sentence each.</param>
internal sealed record VisionTransformerFile(VisionTransformerOptions Options, IReadOnlyList<FileTensor> Tensors,
    bool HasHead, IReadOnlyList<string>? ClassNames, PixelStatistics? Pixels, IReadOnlyList<string> Notes)
{
    private const int LargestNamed = 3;

    /// <summary>Reads header and config.</summary>
    /// <exception cref="InvalidDataException">It is no file of a vision transformer that this library knows, or file, config and caller
    /// contradict one another; the message has all of it.</exception>
    public static VisionTransformerFile Read(string path, Told told)
    {
        var (entries, style) = Entries(path);
        var described = ConfigReader.Beside(path);
        using var json = described?.Json;
        var beside = described?.Path;
        var (config, faults) = (json is null ? null : Config(beside!, json.RootElement), new List<string>());
        faults.AddRange(config?.Refused ?? []);
        var (tensors, others) = FileNames.Map(entries, style);
        var hasHead = tensors.Any(tensor => tensor.Name is NetworkShapes.HeadWeight or NetworkShapes.HeadBias);
        var notes = new List<string>();
        var unused = others.Where(name => FileNames.IsUnused(name, hasHead)).ToArray();
        if (unused.Length > 0) notes.Add($"Left out is what no class token goes through: {Listed(unused)}.");
        var assumed = new List<string>();
        var options = new NetworkOfShapes(tensors, config, told, style, faults, assumed).Options(hasHead);
        faults.AddRange(Faults(options, tensors, [.. others.Except(unused)], hasHead));
        var pixels = config?.Pixels ?? (style == NameStyle.Transformers ? TransformersConfig.Pixels(path, faults) : null);
        if (pixels is not null && pixels.Mean.Count != options.Channels)
            faults.Add($"pixels are normalised in {pixels.Mean.Count} channels, and patches have {options.Channels}");
        var names = config?.ClassNames;
        if (names is not null && hasHead && names.Count != options.Classes)
            faults.Add($"{config!.Name} names {names.Count} classes, and the head has {options.Classes}");
        if (faults.Count > 0) throw Refused(path, options, tensors, others, faults);
        if (pixels is null && ByName(path, config, style) is var (statistics, why))
        {
            pixels = statistics;
            assumed.Add(why);
        }

        var rounded = tensors.SelectMany(tensor => tensor.Types).Distinct().Where(type => type != ScalarType.Float32).ToArray();
        if (rounded.Length > 0) notes.Add($"Weights are {string.Join(" and ", rounded)} in the file, and float32 from here on.");
        if (assumed.Count > 0)
            notes.Add($"{(beside is null ? $"No config.json is beside '{path}'; assumed" : $"'{beside}' leaves open, and assumed")} is: "
                + $"{string.Join("; ", assumed)}.");
        return new(options, tensors, hasHead, names, pixels, notes);
    }

    /// <summary>Names, all of them where they are few.</summary>
    internal static string Listed(IReadOnlyCollection<string> names)
        => string.Join(", ", names.Take(LargestNamed).Select(name => $"'{name}'"))
            + (names.Count > LargestNamed ? $" and {names.Count - LargestNamed} more" : "");

    private static (IReadOnlyList<SafeTensorsEntry> Entries, NameStyle Style) Entries(string path)
    {
        IReadOnlyList<SafeTensorsEntry> entries;
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> first = stackalloc byte[2];
            if (stream.ReadAtLeast(first, 2, throwOnEndOfStream: false) == 2 && first is [(byte)'P', (byte)'K'])
                throw new InvalidDataException("It is a zip archive, as PyTorch writes: turn a .pth or .bin file into safetensors first.");
            stream.Position = 0;
            entries = SafeTensorsReader.ReadEntries(stream);
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException($"The weights in '{path}' cannot be read. {fault.Message}", fault);
        }

        if (FileNames.Style(entries) is { } style) return (entries, style);
        var what = OtherNetworks.Family(entries) is { } family ? $"It looks like {family}."
            : $"Its tensors are {Listed([.. entries.Select(entry => entry.Name)])}.";
        throw new InvalidDataException($"The weights in '{path}' are those of no vision transformer under the names of timm or of Hugging "
            + $"Face's transformers. {what} Nothing was loaded.");
    }

    private static NetworkConfig Config(string path, JsonElement json)
        => TransformersConfig.Is(json) ? TransformersConfig.Read(path, json)
            : TimmConfig.Is(json) ? TimmConfig.Read(path, json)
            : throw new InvalidDataException($"'{path}' beside the weights is neither timm's nor Hugging Face's: it has no 'architecture', "
                + "'model_args' or 'model_type'. What it says of the network is not known: mend it, or take it away.");

    private static IEnumerable<string> Faults(VisionTransformerOptions options, List<FileTensor> tensors, string[] others, bool hasHead)
    {
        // Options that make no network have been told of.
        if (options.Width < 1 || options.Heads < 1 || options.PatchSize < 1 || options.Width % options.Heads != 0) yield break;
        var expected = NetworkShapes.Of(options, hasHead).ToDictionary(item => item.Name, item => item.Shape, StringComparer.Ordinal);
        var found = tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
        string[] missing = [.. expected.Keys.Where(name => !found.ContainsKey(name))];
        string[] surplus = [.. tensors.Where(tensor => !expected.ContainsKey(tensor.Name)).SelectMany(tensor => tensor.Parts), .. others];
        if (missing.Length > 0) yield return $"missing: {string.Join(", ", missing.Select(name => $"'{name}'"))}";
        if (surplus.Length > 0) yield return $"unexpected: {string.Join(", ", surplus.Select(name => $"'{name}'"))}";
        foreach (var tensor in tensors)
        {
            if (expected.TryGetValue(tensor.Name, out var shape) && !tensor.Shape.AsSpan().SequenceEqual(shape))
                yield return $"{tensor.Title} has shape ({string.Join(", ", tensor.Shape)}) instead of ({string.Join(", ", shape)})";
            if (!tensor.IsFloat) yield return $"{tensor.Title} has element type {string.Join(", ", tensor.Types.Distinct())} instead of "
                + "a float";
        }
    }

    private static InvalidDataException Refused(string path, VisionTransformerOptions options, List<FileTensor> tensors,
        List<string> others, List<string> faults)
    {
        string[] variants = [.. OtherNetworks.VariantsIn([.. tensors.Select(tensor => tensor.Name), .. others])];
        var told = variants.Length == 0 ? "" : $" It is a variant that is not known here: {string.Join("; ", variants)}.";
        return new InvalidDataException(string.Create(CultureInfo.InvariantCulture,
            $"The weights in '{path}' cannot be used: {string.Join("; ", faults.Distinct())}.{told} (Width {options.Width}, "
                + $"{options.Depth} "
            + $"blocks, patch {options.PatchSize}.) Nothing was loaded."));
    }

    private static (PixelStatistics, string)? ByName(string path, NetworkConfig? config, NameStyle style)
    {
        string[] half = ["augreg", "in21k", "google"], imageNet = ["deit", "dino", "_mae", "in1k"];
        var name = $"{config?.Architecture} {Path.GetFileName(path)}".ToLowerInvariant();
        if (half.FirstOrDefault(name.Contains) is { } google)
            return (PixelStatistics.Half, $"pixels from -1 to 1 (mean and deviation 0.5, for the '{google}' in its name)");
        if (imageNet.FirstOrDefault(name.Contains) is { } usual)
            return (PixelStatistics.ImageNet, $"pixels normalised as ImageNet's (for the '{usual}' in its name)");
        return style == NameStyle.Transformers
            ? (PixelStatistics.Half, "pixels from -1 to 1 (mean and deviation 0.5, the default of Hugging Face's ViT)") : null;
    }
}
