namespace Bdia.Core.Models;

/// <summary>What a vision transformer's head reads of the last state.</summary>
public enum VisionTransformerPooling
{
    /// <summary>The class token, normalised.</summary>
    ClassToken,

    /// <summary>The mean over all patches, normalised behind it (timm: fc_norm). There is no class token.</summary>
    Average,
}
