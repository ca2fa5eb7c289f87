using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Pretrained;

/// <summary>The places of a position embedding: rows and columns of patches.</summary>
/// <param name="Rows">From top to bottom, at least 1.</param>
/// <param name="Columns">From left to right, at least 1.</param>
public readonly record struct PositionGrid(int Rows, int Columns)
{
    /// <summary>Rows times columns.</summary>
    public int Patches => checked(Rows * Columns);

    /// <summary>A position embedding for another grid, as timm's resample_abs_pos_embed makes it.</summary>
    /// <remarks>
    /// Cubic along each axis (a = -0.5), over as much more as the grid shrinks. One oddity is timm's own: for a square grid of as many
    /// patches
    /// as there were, whatever their grid, the embedding comes back as it is.
    /// </remarks>
    /// <param name="positions">(1, prefix + patches, D), row by row.</param>
    /// <param name="prefix">Vectors before those of the patches, which stay: of class and register tokens.</param>
    /// <param name="target">The grid that is wanted.</param>
    /// <returns>(1, prefix + patches of the target, D), float32, in the caller's dispose scope.</returns>
    /// <exception cref="ArgumentException">The embedding is not of this grid.</exception>
    public Tensor Resample(Tensor positions, int prefix, PositionGrid target)
    {
        ArgumentNullException.ThrowIfNull(positions);
        if (positions.dim() != 3 || positions.shape[0] != 1 || positions.shape[1] != prefix + Patches)
            throw new ArgumentException($"A position embedding of {this} patches behind {prefix} tokens has shape (1, "
                + $"{prefix + Patches}, D); "
                + $"this one has ({string.Join(", ", positions.shape)}).", nameof(positions));
        using var scope = NewDisposeScope();
        using var noGraph = no_grad();
        var all = positions.to(ScalarType.Float32);
        if (target == this || IsLeftAlone(target)) return all.clone().MoveToOuterDisposeScope();
        var grid = all.narrow(1, prefix, Patches).reshape(1, Rows, Columns, -1).permute(0, 3, 1, 2); // (1, D, rows, columns)
        var resampled = nn.functional.interpolate(grid, [target.Rows, target.Columns], mode: InterpolationMode.Bicubic,
            align_corners: false, antialias: true);
        var patches = resampled.permute(0, 2, 3, 1).reshape(1, target.Patches, -1);
        return cat([all.narrow(1, 0, prefix), patches], 1).MoveToOuterDisposeScope();
    }

    /// <summary>Whether timm leaves the embedding as it is although the grid is another one.</summary>
    internal bool IsLeftAlone(PositionGrid target) => target != this && target.Patches == Patches && target.Rows == target.Columns;

    /// <summary>As "4x8", rows first.</summary>
    public override string ToString() => $"{Rows}x{Columns}";
}
