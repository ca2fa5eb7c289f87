using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Training;

/// <summary>
/// Blocks one after the other, in segments: null stores all activations, n keeps the input of every n blocks and runs them again.
/// </summary>
internal sealed class PlainStack : nn.Module<Tensor, Tensor>
{
    private readonly PlainBlock[] blocks;
    private readonly int? segment;

    public PlainStack(IEnumerable<PlainBlock> blocks, int? segment) : base(nameof(PlainStack))
    {
        this.blocks = [.. blocks];
        this.segment = segment;
        for (var k = 0; k < this.blocks.Length; k++) register_module($"{k}", this.blocks[k]);
    }

    public override Tensor forward(Tensor x)
    {
        if (segment is not { } length) return Run(x, 0, blocks.Length);
        using var scope = NewDisposeScope();
        for (var first = 0; first < blocks.Length; first += length)
        {
            var (from, to) = (first, Math.Min(first + length, blocks.Length));
            x = Recomputation.Apply(input => Run(input, from, to), x);
        }

        return x.MoveToOuterDisposeScope();
    }

    private Tensor Run(Tensor x, int from, int to)
    {
        using var scope = NewDisposeScope();
        for (var k = from; k < to; k++) x = blocks[k].forward(x);
        return x.MoveToOuterDisposeScope();
    }
}
