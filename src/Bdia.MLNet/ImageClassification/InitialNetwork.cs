using Bdia.Core.Common;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Pretrained;
using Bdia.MLNet.Columns;
using Options = Bdia.MLNet.BdiaImageClassificationTrainer.Options;

namespace Bdia.MLNet.ImageClassification;

/// <summary>The weights that <see cref="Options.InitialWeights"/> names, with what is known of them.</summary>
/// <param name="Weights">The network.</param>
/// <param name="Own">The model of this library that it is of; null for a file of others.</param>
/// <param name="Title">What they are called in messages.</param>
internal sealed record InitialNetwork(PretrainedVisionTransformer Weights, BdiaImageClassificationTransformer? Own, string Title)
    : IDisposable
{
    private InitialWeights.LoadedModel<BdiaImageClassificationTransformer>? Loaded { get; init; }

    /// <summary>Opens them; null where there are none. Of a file of others the header alone is read.</summary>
    /// <exception cref="InvalidDataException">They are those of no network that is known; the message says why.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public static InitialNetwork? Open(Options options)
    {
        if (options.InitialWeights is not { } initial) return null;
        if (!initial.IsModel())
            return new(PretrainedVisionTransformer.FromFile(initial.Path!, options.Heads, options.ImageHeight, options.ImageWidth), null,
                $"{initial}");
        var loaded = initial.Load<BdiaImageClassificationTransformer>();
        var own = loaded.Transformer;
        own.Model.Score([], 0, []); // of no picture: throws where the model was disposed
        return new(PretrainedVisionTransformer.From(own.Model.Model, own.Columns.Labels?.Texts), own, $"{initial}") { Loaded = loaded };
    }

    public void Dispose() => Loaded?.Dispose();

    /// <summary>Notes sizes that are asked for and are not those of the weights.</summary>
    public void Check(Options options, OptionFaults faults)
    {
        var network = Weights.Options;
        Require(nameof(options.PatchSize), options.PatchSize, network.PatchSize);
        Require(nameof(options.Width), options.Width, network.Width);
        Require(nameof(options.Depth), options.Depth, network.Depth);
        Require(nameof(options.Heads), options.Heads, network.Heads);
        Require(nameof(options.FeedForwardWidth), options.FeedForwardWidth, network.FeedForwardWidth);
        Require(nameof(options.Channels), options.Channels, network.Channels);
        if (options.Preset != VisionTransformerPreset.Compact)
            faults.Add($"Preset is {options.Preset}, and InitialWeights say what the network is: leave one of the two unset.");

        void Require(string name, int? asked, int there)
            => faults.Require((asked ?? there) == there, name, asked, $"{there}, as in InitialWeights ({Title}), or unset");
    }

    /// <summary>Makes sure that images come in the form that the normalisation of a model of ours is for.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public void CheckForm(ImageColumn image, PixelNormalizing normalizing)
    {
        var isOfNumbers = image.Form == ImageForm.Pixels;
        if (Own is null || normalizing != PixelNormalizing.Automatic || isOfNumbers == (Own.Image.Form == ImageForm.Pixels)) return;
        throw new ArgumentException($"InitialWeights ({Title}) were trained on "
            + $"{(isOfNumbers ? "pictures" : "vectors of numbers")}, and column '{image.Name}' holds the other: "
            + "their "
            + "normalisation may be in other units. Give them the same, or set Normalizing to Measured.");
    }

    /// <summary>What training begins with.</summary>
    /// <param name="kept">Rows of the head that are kept.</param>
    /// <param name="choosesGrid">Whether the options leave the grid open.</param>
    public ImageStart Start(IReadOnlyList<int> kept, bool choosesGrid)
        => new() { Weights = Weights, KeptClasses = kept, ChoosesGrid = choosesGrid && Own is null };

    /// <summary>
    /// For each class of a label the class of the weights that has its name, or -1. Keys without values are the same where there are as
    /// many.
    /// </summary>
    /// <param name="label">The label.</param>
    /// <param name="told">What to say of it.</param>
    public IReadOnlyList<int> Kept(LabelColumn label, out string told)
    {
        if (!Weights.HasHead)
        {
            told = $"{Title} has no head: one for {label.Classes} classes is drawn anew.";
            return None(label);
        }

        if (Own is { Columns.Labels: null } && label.Values is null && Weights.Options.Classes == label.Classes)
        {
            told = $"The head is kept: label and weights have {label.Classes} classes without names.";
            return [.. Enumerable.Range(0, label.Classes)];
        }

        if (Names() is not { } names || label.Values is not { } values)
        {
            told = $"The head of {Weights.Options.Classes} classes is exchanged for one of {label.Classes}, drawn anew: what classes are "
                + "called is "
                + $"known of {(Names() is null ? label.Values is null ? "neither" : "the label alone" : "the weights alone")}.";
            return None(label);
        }

        var sameType = Own?.Columns.Labels?.Type == values.Type;
        var (kept, found, anew) = KeptClasses.Match(values, names, sameType);
        told = anew.Length == 0 ? $"The head is kept: all {found.Length} classes are among the {names.Count} of the weights."
            : found.Length == 0 ? $"The head of {names.Count} classes is exchanged for one of {anew.Length}, drawn anew: no class has a "
                + "name that the weights know."
            : $"Of the head, {found.Length} classes that the weights know by name are kept ({KeptClasses.Listed(found)}), "
                + $"and {anew.Length} are drawn anew ({KeptClasses.Listed(anew)}).";
        return kept;
    }

    // As the values of a label are told apart: by the text from which a value comes back, where both have values of one type.
    private IReadOnlyList<string>? Names() => Own is null ? Weights.ClassNames : Own.Columns.Labels?.Encoded;

    private static int[] None(LabelColumn label) => [.. Enumerable.Repeat(-1, label.Classes)];
}
