using System.Globalization;
using Bdia.Core.Models;
using Bdia.Core.Numerics;
using Bdia.Core.Pretrained;
using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>Weights that training begins with, in place of random ones.</summary>
public sealed record ImageStart
{
    // A state may grow in training to some times what it is at the start, before it leaves the range of its grid.
    private const double Room = 16;
    private const int FinestGrid = 14, MostRows = 32;

    /// <summary>The weights. The network's options must be of their sizes.</summary>
    public required PretrainedVisionTransformer Weights { get; init; }

    /// <summary>
    /// For each class of the network the class of the weights whose row of the head it takes, or -1 for one drawn anew. Null (default): the
    /// head as it is, or all anew where there is none.
    /// </summary>
    public IReadOnlyList<int>? KeptClasses { get; init; }

    /// <summary>
    /// The normalisation that the weights were trained with, in the units of the rows' pixels. Null (default): by
    /// <see cref="ImageTrainingOptions.Pixels"/>, or measured on the training rows.
    /// </summary>
    public PixelNormalization? Normalization { get; init; }

    /// <summary>
    /// Whether the network's grid is chosen so that it is as fine as the states of these weights allow, up to 2^-14; they are measured on
    /// training rows. Default false: that of the options.
    /// </summary>
    public bool ChoosesGrid { get; init; }

    /// <summary>Makes the network that is trained.</summary>
    /// <param name="options">The network.</param>
    /// <param name="data">Training rows, normalised as they will be.</param>
    /// <param name="seed">Of what is drawn anew.</param>
    /// <param name="note">Is told of the grid.</param>
    internal VisionTransformer Network(VisionTransformerOptions options, ImageData data, ulong seed, Action<string> note)
    {
        if (!ChoosesGrid || !options.Stack.Quantize) return Weights.Create(options, seed, KeptClasses);
        double largest;
        using (var probe = Weights.Create(options, seed, KeptClasses)) largest = Largest(probe, data);
        if (!double.IsFinite(largest))
            throw new InvalidDataException("The network's states are not finite on the training rows: weights and pixels do not belong "
                + "together.");
        var pads = options.Stack.Gamma.LargestPadBits;
        var bits = Enumerable.Range(FixedPointGrid.MinFractionBits, FinestGrid).Reverse()
            .FirstOrDefault(bits => new FixedPointGrid(bits).Limit(pads) >= Room * largest, FixedPointGrid.MinFractionBits);
        var limit = new FixedPointGrid(bits).Limit(pads);
        note(string.Create(CultureInfo.InvariantCulture,
            $"States of these weights reach {largest:G3} on training rows: they are kept as multiples of 2^-{bits}, which leaves room to "
            + $"{limit:G3} (FractionBits decides otherwise)."));
        return Weights.Create(options with { Stack = options.Stack with { FractionBits = bits } }, seed, KeptClasses);
    }

    private static double Largest(VisionTransformer network, ImageData data)
    {
        using var scope = NewDisposeScope();
        network.eval();
        var shape = data.Training.Shape;
        var (pixels, largest) = (new float[shape.Size], 0.0);
        foreach (var row in data.Training.InOrder().Take(MostRows))
        {
            row.Store.CopyTo(row.Slot, pixels);
            var image = new float[shape.Size];
            data.Normalization.Apply(pixels, image);
            using var input = tensor(image, [1, shape.Channels, shape.Height, shape.Width], ScalarType.Float32, CPU);
            largest = Math.Max(largest, network.LargestState(input));
        }

        return largest;
    }
}
