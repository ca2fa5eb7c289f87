using Bdia.Core.Formats;
using Bdia.Core.Layers;
using Bdia.Core.Models;
using Bdia.Core.Native;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Pretrained;

/// <summary>
/// A vision transformer that was trained before, to be trained further or used: from a safetensors file under the names of timm or of
/// Hugging
/// Face's transformers, or a network of this library. Nothing is downloaded.
/// </summary>
/// <remarks>
/// The numbers are those of the file, or it is refused: what shapes cannot tell (heads, LayerNorm epsilon, activation, pooling) is read
/// from
/// timm's or Hugging Face's config.json beside the file (or NAME.config.json beside NAME.safetensors), and what that leaves open stands in
/// <see cref="Notes"/>.
/// </remarks>
public sealed class PretrainedVisionTransformer
{
    private readonly Func<IReadOnlyDictionary<string, Tensor>, IEnumerable<KeyValuePair<string, Tensor>>> named;
    private readonly Func<SafeTensorsContent?> open;
    private readonly string title;

    private PretrainedVisionTransformer(string title, VisionTransformerOptions options, bool hasHead, IReadOnlyList<string>? classNames,
        PixelStatistics? pixels, IReadOnlyList<string> notes, Func<SafeTensorsContent?> open,
        Func<IReadOnlyDictionary<string, Tensor>, IEnumerable<KeyValuePair<string, Tensor>>> named)
    {
        (this.title, Options, HasHead, ClassNames, Pixels, Notes) = (title, options, hasHead, classNames, pixels, notes);
        (this.open, this.named) = (open, named);
    }

    /// <summary>The network: its sizes and variants, and images as it was trained on. Two classes where it has no head.</summary>
    public VisionTransformerOptions Options { get; }

    /// <summary>Whether it has a head, of as many classes as <see cref="Options"/> say.</summary>
    public bool HasHead { get; }

    /// <summary>What the classes of the head are called, in its order; null where nothing tells.</summary>
    public IReadOnlyList<string>? ClassNames { get; }

    /// <summary>How it expects pixels; null where nothing tells.</summary>
    public PixelStatistics? Pixels { get; }

    /// <summary>What was assumed, converted or left out, a sentence each, for a log.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>Looks at a file: its header and the config.json beside it. Weights are read by <see cref="Create"/>.</summary>
    /// <param name="path">A safetensors file.</param>
    /// <param name="heads">Attention heads, where no config.json tells; null: 64 features each (timm's), which is noted.</param>
    /// <param name="imageHeight">Height of the images that the position embedding is for, where neither a config.json nor a square count of
    /// patches tells.</param>
    /// <param name="imageWidth">Width of these images.</param>
    /// <exception cref="InvalidDataException">The file is damaged, of another network, or contradicts its config.json; all of it is
    /// named.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static PretrainedVisionTransformer FromFile(string path, int? heads = null, int? imageHeight = null, int? imageWidth = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        var file = VisionTransformerFile.Read(path, new(heads, imageHeight, imageWidth));
        return new($"'{path}'", file.Options, file.HasHead, file.ClassNames, file.Pixels, file.Notes, Open,
            tensors => file.Tensors.Select(tensor => KeyValuePair.Create(tensor.Name, tensor.Read(tensors))));

        SafeTensorsContent Open()
        {
            using var stream = File.OpenRead(path);
            var content = SafeTensors.Read(stream);
            if (file.Tensors.All(tensor => tensor.Parts.All(content.Tensors.ContainsKey))) return content;
            content.Dispose();
            throw new InvalidDataException($"'{path}' has other tensors than a moment ago: leave it alone while it is read.");
        }
    }

    /// <summary>A network of this library.</summary>
    /// <param name="network">The network; it must not be disposed before <see cref="Create"/> has returned.</param>
    /// <param name="classNames">What its classes are called; null where they have no names.</param>
    public static PretrainedVisionTransformer From(VisionTransformer network, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        if (classNames is not null && classNames.Count != network.Options.Classes)
            throw new ArgumentException($"There are {classNames.Count} names for {network.Options.Classes} classes; give one for each.",
                nameof(classNames));
        return new("the network", network.Options, true, classNames, null, [], () => null, _ => ModuleState.Save(network));
    }

    /// <summary>
    /// Makes a network with these weights. The position embedding is resampled where images are of another size, as timm does it.
    /// </summary>
    /// <param name="options">Sizes and variants as in <see cref="Options"/>; images, classes, regularisation, precision, frozen blocks and
    /// stack may be others.</param>
    /// <param name="seed">Of what is drawn anew of the head, and of the clock.</param>
    /// <param name="keptClasses">For each class of the options the class of these weights whose row of the head it takes, or -1 for a row
    /// drawn
    /// anew; null: the whole head as it is, which needs as many classes, or all anew where there is no head.</param>
    /// <exception cref="ArgumentException">The options are of another network, or of images that the position embedding cannot be resampled
    /// to.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or holds values that are no numbers. Nothing was made.</exception>
    public VisionTransformer Create(VisionTransformerOptions options, ulong seed, IReadOnlyList<int>? keptClasses = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        BdiaRuntime.EnsureLoaded();
        options.Validate();
        RequireSameNetwork(options);
        RequireClasses(options.Classes, keptClasses);
        using var mode = inference_mode(false);
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        using var content = open();
        var tensors = named(content?.Tensors ?? new Dictionary<string, Tensor>())
            .ToDictionary(item => item.Key, item => item.Value.detach());
        tensors[NetworkShapes.Positions] = Grid(Options).Resample(tensors[NetworkShapes.Positions],
            Options.Positions - Options.Patches, Grid(options));
        SetHead(tensors, options, seed, keptClasses);
        var network = VisionTransformer.WithoutValues(options);
        try
        {
            ModuleState.Load(network, tensors);
            network.Clock.Seed = seed;
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Notes what options ask for that these weights do not have.</summary>
    private void RequireSameNetwork(VisionTransformerOptions asked)
    {
        var faults = new List<string>();
        Check(nameof(asked.PatchSize), asked.PatchSize, Options.PatchSize);
        Check(nameof(asked.Channels), asked.Channels, Options.Channels);
        Check(nameof(asked.Width), asked.Width, Options.Width);
        Check(nameof(asked.Depth), asked.Depth, Options.Depth);
        Check(nameof(asked.Heads), asked.Heads, Options.Heads);
        Check(nameof(asked.FeedForwardWidth), asked.FeedForwardWidth, Options.FeedForwardWidth);
        Check(nameof(asked.Pooling), asked.Pooling, Options.Pooling);
        Check(nameof(asked.RegisterTokens), asked.RegisterTokens, Options.RegisterTokens);
        Check(nameof(asked.PositionsOfPatches), asked.PositionsOfPatches, Options.PositionsOfPatches);
        Check(nameof(asked.PreNorm), asked.PreNorm, Options.PreNorm);
        Check(nameof(asked.QueryKeyNorm), asked.QueryKeyNorm, Options.QueryKeyNorm);
        Check(nameof(asked.LayerScale), asked.LayerScale, Options.LayerScale);
        Check(nameof(asked.OmitQueryKeyValueBias), asked.OmitQueryKeyValueBias, Options.OmitQueryKeyValueBias);
        Check(nameof(asked.NormEpsilon), asked.Epsilon, Options.Epsilon);
        if (faults.Count == 0 && Grid(Options).IsLeftAlone(Grid(asked)))
            faults.Add($"images are of {Grid(asked)} patches, and the position embedding is of {Grid(Options)}: as many, in another "
                + "order, which "
                + "timm leaves as it is; choose another size");
        if (faults.Count > 0)
            throw new ArgumentException($"The options are not those of the weights in {title}: {string.Join("; ", faults)}.",
                nameof(asked));

        void Check<T>(string name, T here, T there)
        {
            if (!Equals(here, there)) faults.Add(FormattableString.Invariant($"{name} is {here}, where they have {there}"));
        }
    }

    private void RequireClasses(int classes, IReadOnlyList<int>? kept)
    {
        if (kept is null && HasHead && classes != Options.Classes)
            throw new ArgumentException($"The options ask for {classes} classes, and the head has {Options.Classes}: say which of them "
                + "are kept.",
                nameof(kept));
        if (kept is null) return;
        if (kept.Count != classes)
            throw new ArgumentException($"There are {kept.Count} rows of a head for {classes} classes; give one for each, or -1.",
                nameof(kept));
        foreach (var row in kept)
            if (row < -1 || row >= (HasHead ? Options.Classes : 0))
                throw new ArgumentException($"Row {row} of the head is asked for, which has {(HasHead ? Options.Classes : 0)}.",
                    nameof(kept));
    }

    private void SetHead(Dictionary<string, Tensor> tensors, VisionTransformerOptions options, ulong seed, IReadOnlyList<int>? kept)
    {
        if (kept is null && HasHead) return;
        using var generator = new Generator(seed);
        using var anew = new Dense(options.Width, options.Classes, generator);
        var (weight, bias) = (anew.Weight.detach().clone(), anew.Bias!.detach().clone());
        for (var row = 0; row < (kept?.Count ?? 0); row++)
        {
            if (kept![row] < 0) continue;
            weight[row].copy_(tensors[NetworkShapes.HeadWeight][kept[row]]);
            bias[row].copy_(tensors[NetworkShapes.HeadBias][kept[row]]);
        }

        (tensors[NetworkShapes.HeadWeight], tensors[NetworkShapes.HeadBias]) = (weight, bias);
    }

    private static PositionGrid Grid(VisionTransformerOptions options)
        => new(options.ImageHeight / options.PatchSize, options.ImageWidth / options.PatchSize);
}
