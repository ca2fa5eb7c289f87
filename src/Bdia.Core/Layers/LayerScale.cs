using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace Bdia.Core.Layers;

/// <summary>
/// A factor per feature behind a residual branch (Touvron et al., "Going deeper with Image Transformers", 2021). State: gamma.
/// </summary>
internal sealed class LayerScale : nn.Module<Tensor, Tensor>
{
    /// <summary>What factors are before training, as there: branches begin small.</summary>
    public const double Start = 1e-5;

    private readonly Parameter gamma; // (D)

    /// <param name="width">D.</param>
    public LayerScale(int width) : base(nameof(LayerScale))
    {
        gamma = Initial.Constant(Start, width);
        RegisterComponents();
    }

    public Tensor Gamma => gamma;

    /// <summary>Multiplies (..., D), in float32.</summary>
    public override Tensor forward(Tensor input) => input.to(ScalarType.Float32).mul(gamma);
}
