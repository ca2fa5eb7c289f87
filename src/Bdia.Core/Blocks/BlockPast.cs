using Bdia.Core.Layers;
using Bdia.Core.Operations;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>What the newest tokens look back at in one block.</summary>
/// <param name="Own">Self-attention's keys and values so far; those of the newest tokens are written behind them.</param>
/// <param name="Position">Place of the first of the newest tokens.</param>
/// <param name="Memory">Cross-attention's keys and values, (M, S, 2, H, Dh), contiguous; null where there is none.</param>
/// <param name="Mask">Which of the memory is real, (M, 1, 1, S).</param>
/// <param name="Places">Where the rows' tokens lie, the newest among them, for <see cref="DecoderStepKernel"/>; null for every row's in
/// its own row, as operations of libtorch need them.</param>
/// <param name="Origins">Likewise where the memory of a row lies, as if it were one token.</param>
internal readonly record struct BlockPast(KeyValueCache Own, long Position, Tensor? Memory = null, Tensor? Mask = null,
    TokenPlaces? Places = null, TokenPlaces? Origins = null);
