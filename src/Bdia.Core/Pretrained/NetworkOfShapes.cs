using System.Globalization;
using Bdia.Core.Models;

namespace Bdia.Core.Pretrained;

/// <summary>The network that shapes, config and caller make together.</summary>
/// <param name="tensors">Of the file, under timm's names; of two of one name one is taken away.</param>
/// <param name="config">What stands beside it.</param>
/// <param name="told">What the caller says.</param>
/// <param name="style">Whose names the file has.</param>
/// <param name="faults">Where contradictions are noted.</param>
/// <param name="assumed">Where is noted what nothing tells.</param>
internal sealed class NetworkOfShapes(List<FileTensor> tensors, NetworkConfig? config, Told told, NameStyle style, List<string> faults,
    List<string> assumed)
{
    private const int UsualHeadWidth = 64;

    // The widths of timm's vision transformers whose heads are not 64 wide.
    private static readonly Dictionary<int, int> HeadsOfWidth = new() { [1280] = 16, [1408] = 16, [1664] = 16, [1152] = 16 };

    private readonly Dictionary<string, FileTensor> byName = ByName(tensors, faults);

    public VisionTransformerOptions Options(bool hasHead)
    {
        var (width, channels, patch) = Patches();
        var (average, registers) = (Average(), (int)Size("reg_token", 1));
        var heads = Heads(width);
        var hidden = (int)Math.Max(1, Size("blocks.0.mlp.fc1.weight", 0));
        var classes = (int)Size(NetworkShapes.HeadWeight, 0);
        var prefix = (average ? 0 : 1) + registers;
        var (grid, ofPatches) = Grid(prefix, Math.Max(1, patch));
        var options = new VisionTransformerOptions
        {
            ImageHeight = grid.Rows * patch, ImageWidth = grid.Columns * patch, Channels = channels, PatchSize = patch,
            Classes = hasHead ? classes : 2, Width = width, Depth = Depth(), Heads = heads, FeedForwardWidth = hidden,
            Pooling = average ? VisionTransformerPooling.Average : VisionTransformerPooling.ClassToken, RegisterTokens = registers,
            PositionsOfPatches = ofPatches, PreNorm = Has("norm_pre.weight"), QueryKeyNorm = Has("blocks.0.attn.q_norm.weight"),
            LayerScale = Has("blocks.0.ls1.gamma"), OmitQueryKeyValueBias = !Has("blocks.0.attn.qkv.bias"),
            NormEpsilon = Epsilon() is var epsilon && epsilon == VisionTransformerOptions.UsualNormEpsilon ? null : epsilon,
        };
        Compare(options, hasHead);
        return options;
    }

    private bool Has(string name) => byName.ContainsKey(name);

    // 0 where there is no such tensor, or it has no such dimension.
    private long Size(string name, int dimension)
        => byName.TryGetValue(name, out var tensor) && dimension < tensor.Shape.Length
            ? Math.Min(tensor.Shape[dimension], int.MaxValue) : 0;

    private static Dictionary<string, FileTensor> ByName(List<FileTensor> tensors, List<string> faults)
    {
        foreach (var twice in tensors.GroupBy(tensor => tensor.Name).Where(group => group.Count() > 1).ToArray())
        {
            faults.Add($"two tensors are timm's '{twice.Key}': {string.Join(", ", twice.SelectMany(tensor => tensor.Parts))}");
            foreach (var other in twice.Skip(1)) tensors.Remove(other);
        }

        return tensors.ToDictionary(tensor => tensor.Name, StringComparer.Ordinal);
    }

    private (int Width, int Channels, int Patch) Patches()
    {
        const string Name = "patch_embed.proj.weight";
        if (byName.TryGetValue(Name, out var tensor) && tensor.Shape is [> 0 and var width, 1 or 3, > 0 and var height, _]
            && tensor.Shape[3] == height && width <= int.MaxValue && height <= int.MaxValue)
            return ((int)width, (int)tensor.Shape[1], (int)height);
        faults.Add($"{tensor?.Title ?? Name} has shape ({string.Join(", ", tensor?.Shape ?? [])}), where (width, 1 or 3 channels, patch, "
            + "patch) is known");
        return ((int)Math.Max(1, Size("norm.weight", 0)), 3, 1);
    }

    private bool Average()
    {
        var (hasClass, hasAverage) = (Has("cls_token"), Has("fc_norm.weight"));
        if (hasClass && hasAverage) faults.Add("'cls_token' and 'fc_norm.weight': a mean beside a class token is a variant not known here");
        if (!hasClass && Has("norm.weight"))
            faults.Add("no 'cls_token', and 'norm.weight' in place of 'fc_norm.weight': a mean over normalised tokens is a variant not "
                + "known "
                + "here");
        if (config?.Averages is null && !hasAverage) assumed.Add("the head reads the class token (as timm's global_pool 'token')");
        if (config?.Averages == true && hasClass && !hasAverage)
            faults.Add($"{config.Name} says global_pool 'avg', and the tensors are those of a network with a class token: a mean beside "
                + "it is "
                + "a variant not known here");
        return hasAverage && !hasClass;
    }

    private int Heads(int width)
    {
        if (config?.Heads is { } known)
        {
            if (told.Heads is { } asked && asked != known)
                faults.Add($"Heads is {asked}, and {config.Name} says {known}: leave Heads unset, or mend the file");
            return Checked(known);
        }

        if (told.Heads is { } given) return Checked(given);
        if (Size("blocks.0.attn.q_norm.weight", 0) is > 0 and var size && width % size == 0) return (int)(width / size);
        var heads = HeadsOfWidth.GetValueOrDefault(width, width % UsualHeadWidth == 0 ? width / UsualHeadWidth : 0);
        if (heads == 0)
        {
            faults.Add($"how many heads attention has stands in no weights, and width {width} is none of timm's: set Heads, or put "
                + "timm's or "
                + "Hugging Face's config.json beside the file");
            return 1;
        }

        assumed.Add($"{heads} heads of {width / heads} features (set Heads where it has others)");
        return heads;

        int Checked(int count)
        {
            if (count >= 1 && width % count == 0) return count;
            faults.Add($"{count} heads cannot share width {width}");
            return 1;
        }
    }

    private int Depth()
    {
        var depth = 0;
        foreach (var tensor in tensors)
        {
            if (!tensor.Name.StartsWith("blocks.", StringComparison.Ordinal)) continue;
            var number = tensor.Name.AsSpan(7);
            var dot = number.IndexOf('.');
            if (dot > 0 && int.TryParse(number[..dot], NumberStyles.None, CultureInfo.InvariantCulture, out var k))
                depth = Math.Max(depth, k < int.MaxValue ? k + 1 : k);
        }

        if (depth <= VisionTransformerOptions.MostBlocks && depth > 0) return depth;
        faults.Add($"its blocks are numbered up to {depth}, where 1..{VisionTransformerOptions.MostBlocks} are known");
        return 1;
    }

    private double Epsilon()
    {
        if (config?.Epsilon is { } epsilon)
        {
            if (epsilon is > 0 and <= 1) return epsilon;
            faults.Add(string.Create(CultureInfo.InvariantCulture, $"{config.Name} says a LayerNorm epsilon of {epsilon}"));
            return VisionTransformerOptions.UsualNormEpsilon;
        }

        var usual = style == NameStyle.Transformers ? TransformersConfig.Epsilon : VisionTransformerOptions.UsualNormEpsilon;
        assumed.Add(string.Create(CultureInfo.InvariantCulture,
            $"a LayerNorm epsilon of {usual:0e-0} ({(style == NameStyle.Transformers ? "Hugging Face's" : "timm's")} default), and GELU "
                + $"by erf"));
        return usual;
    }

    /// <summary>The grid of the position embedding, and whether it covers the patches alone.</summary>
    private (PositionGrid Grid, bool OfPatches) Grid(int prefix, int patch)
    {
        var count = Size(NetworkShapes.Positions, 1);
        // Which of the two ways the vectors may be counted.
        var ways = new[] { (Patches: count - prefix, OfPatches: false), (Patches: count, OfPatches: true) }
            .Where(way => way.Patches > 0 && (prefix > 0 || !way.OfPatches)
                && (config?.PositionsOfPatches is not { } known || known == way.OfPatches || prefix == 0)).ToArray();
        if (config?.Image is var (height, width))
        {
            var pictured = new PositionGrid(Math.Max(1, height / patch), Math.Max(1, width / patch));
            if (ways.Where(way => way.Patches == (long)pictured.Rows * pictured.Columns).Take(1).ToArray() is [var fits])
                return (pictured, fits.OfPatches);
            faults.Add($"{config.Name} says images of {width} x {height} pixels, which are {(long)pictured.Rows * pictured.Columns} "
                + "patches, and "
                + "the "
                + $"position embedding has {count} vectors, {prefix} of them for other tokens");
            return (new(1, 1), false);
        }

        // Where no config tells, images are square, as nearly all are. A class token alone is never left out of the embedding then.
        PositionGrid? asked = told is { ImageHeight: { } high, ImageWidth: { } wide } && high % patch == 0 && wide % patch == 0
            ? new(high / patch, wide / patch) : null;
        var square = ways.Where(way => Root(way.Patches) is not null
            && (!way.OfPatches || prefix > 1 || config?.PositionsOfPatches == true)).ToArray();
        var fitting = ways.Where(way => way.Patches == asked?.Patches).ToArray();
        if (square.Length > 1)
        {
            faults.Add($"a position embedding of {count} vectors may be of {square[0].Patches} patches and {prefix} other tokens or of "
                + $"{square[1].Patches} patches: say no_embed_class and img_size in the model_args of a config.json beside the file");
            return (new(1, 1), false);
        }

        if (square is [(var patches, false)] && Root(patches) is { } root && fitting.Length > 0 && asked is { } other
            && other.Rows != other.Columns)
        {
            faults.Add($"a position embedding of {patches} patches may be of {root}x{root} or of the {other} that images are asked for "
                + "with: say "
                + "img_size in the model_args of a config.json beside the file");
            return (new(1, 1), false);
        }

        if (fitting is [var fit] && asked is { } grid && (square.Length == 0 || square[0].OfPatches))
        {
            assumed.Add($"a position embedding of {grid} patches, as images are asked for");
            return (grid, fit.OfPatches);
        }

        if (square is [var one] && Root(one.Patches) is { } side)
        {
            assumed.Add($"square images of {side}x{side} patches" + (one.OfPatches ? ", and positions of these alone" : ""));
            return (new(side, side), one.OfPatches);
        }

        faults.Add($"a position embedding of {count} vectors, {prefix} of them for other tokens, is that of no square image: set "
            + "ImageHeight and "
            + "ImageWidth to what it was trained on, or put a config.json with img_size beside the file");
        return (new(1, 1), false);
    }

    private static int? Root(long count)
        => (long)Math.Round(Math.Sqrt(count)) is var root && root * root == count && root <= short.MaxValue ? (int)root : null;

    /// <summary>Notes where the config says otherwise than the tensors.</summary>
    private void Compare(VisionTransformerOptions o, bool hasHead)
    {
        if (config is null) return;
        Check("the patch size", config.PatchSize, o.PatchSize);
        Check("channels", config.Channels, o.Channels);
        Check("the width", config.Width, o.Width);
        Check("blocks", config.Depth, o.Depth);
        Check("the feed-forward width", config.FeedForwardWidth ?? (int?)(config.FeedForwardRatio * o.Width), o.FeedForwardWidth);
        if (hasHead) Check("classes", config.Classes, o.Classes);
        Check("class token", config.HasClassToken, o.Pooling == VisionTransformerPooling.ClassToken);
        Check("average pooling", config.Averages, o.Pooling == VisionTransformerPooling.Average);
        Check("register tokens", config.RegisterTokens, o.RegisterTokens);
        Check("no_embed_class", o.PrefixTokens == 0 ? null : config.PositionsOfPatches, o.PositionsOfPatches);
        Check("pre_norm", config.PreNorm, o.PreNorm);
        Check("qk_norm", config.QueryKeyNorm, o.QueryKeyNorm);
        Check("layer scale (init_values)", config.LayerScale, o.LayerScale);
        Check("qkv_bias", config.QueryKeyValueBias, !o.OmitQueryKeyValueBias);

        void Check<T>(string what, T? said, T found) where T : struct
        {
            if (said is { } value && !value.Equals(found)) faults.Add($"{config.Name} says {what} {value}, and the tensors say {found}");
        }
    }
}
