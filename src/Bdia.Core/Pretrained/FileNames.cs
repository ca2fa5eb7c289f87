using System.Text.RegularExpressions;
using Bdia.Core.Formats;

namespace Bdia.Core.Pretrained;

/// <summary>Whose names the tensors of a file have.</summary>
internal enum NameStyle
{
    /// <summary>timm's, which are ours.</summary>
    Timm,

    /// <summary>Those of Hugging Face's transformers, ViTModel and ViTForImageClassification.</summary>
    Transformers,
}

/// <summary>The tensors of a file under timm's names.</summary>
internal static partial class FileNames
{
    private const string Layer = "encoder.layer.", Query = "attention.attention.query";

    private static readonly string[] Kinds = ["query", "key", "value"];

    private static readonly (string There, string Here)[] Outside =
    [
        ("embeddings.cls_token", "cls_token"), ("embeddings.position_embeddings", "pos_embed"),
        ("embeddings.patch_embeddings.projection.", "patch_embed.proj."), ("layernorm.", "norm."),
    ];

    private static readonly (string There, string Here)[] InLayer =
    [
        ("attention.output.dense.", "attn.proj."), ("layernorm_before.", "norm1."), ("layernorm_after.", "norm2."),
        ("intermediate.dense.", "mlp.fc1."), ("output.dense.", "mlp.fc2."),
    ];

    /// <summary>Whose names they are; null where they are those of no vision transformer.</summary>
    public static NameStyle? Style(IReadOnlyList<SafeTensorsEntry> entries)
        => entries.Any(entry => entry.Name == "patch_embed.proj.weight") ? NameStyle.Timm
            : entries.Any(entry => entry.Name.EndsWith($"{Layer}0.{Query}.weight", StringComparison.Ordinal))
                && entries.Any(entry => entry.Name.EndsWith("patch_embeddings.projection.weight", StringComparison.Ordinal))
                ? NameStyle.Transformers : null;

    /// <summary>The tensors that have a name of timm's, and the names of those that have none.</summary>
    public static (List<FileTensor> Tensors, List<string> Others) Map(IReadOnlyList<SafeTensorsEntry> entries, NameStyle style)
    {
        if (style == NameStyle.Timm)
            return ([.. entries.Select(entry => new FileTensor(entry.Name, [entry.Name], entry.Shape, [entry.Type]))], []);
        var (tensors, others) = (new List<FileTensor>(), new List<string>());
        var byName = entries.ToDictionary(entry => entry.Name, StringComparer.Ordinal);
        foreach (var entry in entries)
        {
            var name = entry.Name.StartsWith("vit.", StringComparison.Ordinal) ? entry.Name[4..] : entry.Name;
            if (PartOfQueryKeyValue().Match(name) is { Success: true } part)
            {
                // One tensor of three, made where the query is met; a key or value without it has no name of timm's.
                if (part.Groups[2].Value != "query" && byName.ContainsKey(entry.Name.Replace(part.Groups[2].Value, "query"))) continue;
                string[] names = [.. Kinds.Select(kind => entry.Name.Replace(".query.", $".{kind}."))];
                if (part.Groups[2].Value != "query" || !names.All(byName.ContainsKey)) others.Add(entry.Name);
                else tensors.Add(Joined(
                    $"blocks.{part.Groups[1].Value}.attn.qkv.{part.Groups[3].Value}", [.. names.Select(n => byName[n])]));
            }
            else if (Here(name) is { } here)
            {
                tensors.Add(new FileTensor(here, [entry.Name], entry.Shape, [entry.Type]));
            }
            else
            {
                others.Add(entry.Name);
            }
        }

        return (tensors, others);
    }

    /// <summary>
    /// What ViTModel has and nothing behind the class token reads: a pooler where there is no head, and the token of masks.
    /// </summary>
    public static bool IsUnused(string name, bool hasHead)
        => name.EndsWith("embeddings.mask_token", StringComparison.Ordinal)
            || !hasHead && (name.EndsWith("pooler.dense.weight", StringComparison.Ordinal)
                || name.EndsWith("pooler.dense.bias", StringComparison.Ordinal));

    private static FileTensor Joined(string name, SafeTensorsEntry[] parts)
    {
        // Parts of unlike shapes are told as such, by a shape that nothing has.
        var alike = parts.All(part => part.Shape.AsSpan().SequenceEqual(parts[0].Shape)) && parts[0].Shape.Length > 0;
        long[] shape = alike ? [parts.Length * parts[0].Shape[0], .. parts[0].Shape[1..]] : [];
        return new FileTensor(name, [.. parts.Select(part => part.Name)], shape, [.. parts.Select(part => part.Type)]);
    }

    private static string? Here(string name)
    {
        if (name is "classifier.weight" or "classifier.bias") return name.Replace("classifier", "head");
        if (!name.StartsWith(Layer, StringComparison.Ordinal)) return Replaced(name, Outside);
        var rest = name[Layer.Length..];
        var dot = rest.IndexOf('.');
        return dot > 0 && Replaced(rest[(dot + 1)..], InLayer) is { } here ? $"blocks.{rest[..dot]}.{here}" : null;
    }

    private static string? Replaced(string name, (string There, string Here)[] table)
    {
        foreach (var (there, here) in table)
        {
            var isIt = there.EndsWith('.') ? name == there + "weight" || name == there + "bias" : name == there;
            if (isIt) return here + name[there.Length..];
        }

        return null;
    }

    [GeneratedRegex(@"^encoder\.layer\.(\d+)\.attention\.attention\.(query|key|value)\.(weight|bias)$")]
    private static partial Regex PartOfQueryKeyValue();
}
