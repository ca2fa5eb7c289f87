using Bdia.Core.Operations;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// Cuts images into square patches and maps each to a token. State: proj.weight (D, C, P, P) and proj.bias (D), which networks that
/// normalise
/// what comes of it are without.
/// </summary>
public sealed class PatchEmbedding : nn.Module<Tensor, Tensor>
{
    private readonly PatchProjection proj;

    /// <summary>Creates the layer with uniform weights and biases within ±1 / √(C P P), the usual start of a convolution.</summary>
    /// <param name="channels">C, at least 1.</param>
    /// <param name="patchSize">P, pixels along a patch's side, at least 1.</param>
    /// <param name="width">D, at least 1.</param>
    /// <param name="generator">What the weights are drawn from, on the CPU.</param>
    /// <param name="precision">Of the product.</param>
    /// <exception cref="ArgumentOutOfRangeException">A size is below 1.</exception>
    public PatchEmbedding(int channels, int patchSize, int width, Generator generator,
        ComputePrecision precision = ComputePrecision.Float32) : this(channels, patchSize, width, generator, precision, hasBias: true)
    {
    }

    internal PatchEmbedding(int channels, int patchSize, int width, Generator generator, ComputePrecision precision, bool hasBias)
        : base(nameof(PatchEmbedding))
    {
        proj = new PatchProjection(channels, patchSize, width, generator, precision, hasBias);
        RegisterComponents();
    }

    /// <summary>Applies the layer.</summary>
    /// <param name="input">Images (B, C, Hi, Wi), float32; both sides multiples of P.</param>
    /// <returns>Tokens (B, Hi / P · Wi / P, D), float32, row by row of the image.</returns>
    /// <exception cref="ArgumentException">The shape is not as described.</exception>
    public override Tensor forward(Tensor input)
    {
        ArgumentNullException.ThrowIfNull(input);
        return proj.forward(input);
    }

    // A module of its own for the sake of the names proj.weight and proj.bias.
    private sealed class PatchProjection : nn.Module<Tensor, Tensor>
    {
        private readonly Parameter weight; // (D, C, P, P)
        private readonly Parameter? bias; // (D)
        private readonly ComputePrecision precision;

        public PatchProjection(int channels, int patchSize, int width, Generator generator, ComputePrecision precision, bool hasBias)
            : base(nameof(PatchProjection))
        {
            ArgumentOutOfRangeException.ThrowIfLessThan(channels, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(patchSize, 1);
            ArgumentOutOfRangeException.ThrowIfLessThan(width, 1);
            this.precision = precision;
            var bound = 1 / Math.Sqrt((double)channels * patchSize * patchSize);
            weight = Initial.Uniform(generator, bound, width, channels, patchSize, patchSize);
            if (hasBias) bias = Initial.Uniform(generator, bound, width);
            RegisterComponents();
        }

        // A convolution whose windows do not overlap is one matrix product over rearranged pixels.
        public override Tensor forward(Tensor images)
        {
            using var scope = NewDisposeScope();
            var (width, channels, patch) = (weight.shape[0], weight.shape[1], weight.shape[2]);
            var shape = images.shape;
            if (shape.Length != 4 || shape[1] != channels || shape[2] % patch != 0 || shape[3] % patch != 0 || shape[2] * shape[3] == 0)
                throw new ArgumentException($"Images have shape ({string.Join(", ", shape)}); give (B, {channels}, height, width) with "
                    + $"sides that are multiples of the patch size {patch}.", nameof(images));
            var (rows, columns) = (shape[2] / patch, shape[3] / patch);
            var pixels = images.reshape(shape[0], channels, rows, patch, columns, patch)
                .permute(0, 2, 4, 1, 3, 5) // (B, rows, columns, C, P, P)
                .reshape(shape[0], rows * columns, channels * patch * patch);
            // (B, N, D)
            return DenseProduct.OfInput(pixels, weight.view(width, -1), bias, precision).MoveToOuterDisposeScope();
        }
    }
}
