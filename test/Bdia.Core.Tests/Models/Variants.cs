using Bdia.Core.Models;
using CsCheck;

namespace Bdia.Core.Tests.Models;

/// <summary>Vision transformers with parts that not every one has.</summary>
internal static class Variants
{
    /// <summary>Any of them, in every combination.</summary>
    public static Gen<VisionTransformerOptions> Of(Gen<VisionTransformerOptions> plain)
        => Gen.Select(plain, Gen.Int[0, 255], (options, flags) => options with
        {
            Pooling = (flags & 1) == 0 ? VisionTransformerPooling.ClassToken : VisionTransformerPooling.Average,
            RegisterTokens = (flags & 2) == 0 ? 0 : 3, PositionsOfPatches = (flags & 4) != 0, PreNorm = (flags & 8) != 0,
            QueryKeyNorm = (flags & 16) != 0, LayerScale = (flags & 32) != 0, OmitQueryKeyValueBias = (flags & 64) != 0,
            NormEpsilon = (flags & 128) == 0 ? null : 1e-3,
        });
}
