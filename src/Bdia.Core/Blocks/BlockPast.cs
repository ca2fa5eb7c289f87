using Bdia.Core.Layers;
using static TorchSharp.torch;

namespace Bdia.Core.Blocks;

/// <summary>What the newest tokens look back at in one block.</summary>
/// <param name="Own">Self-attention's keys and values so far; those of the newest tokens are written behind them.</param>
/// <param name="Position">Place of the first of the newest tokens.</param>
/// <param name="Memory">Cross-attention's keys and values, (2, R, H, S, Dh), contiguous; null where there is none.</param>
/// <param name="Mask">Which of the memory is real, (R, 1, 1, S).</param>
internal readonly record struct BlockPast(KeyValueCache Own, long Position, Tensor? Memory = null, Tensor? Mask = null);
