using Bdia.Core.Operations;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>
/// What <see cref="DecoderStepKernel"/> does to neighbouring rows, on one thread. Activations lie as columns, see
/// <see cref="TransposedRows{S, V}"/>.
/// </summary>
internal sealed unsafe class DecoderStep<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly BlockStep block;
    private readonly int first, count, width, stride, rowStride;
    private readonly Scratch scratch;
    private readonly float* x, sum, input, output; // columns
    private readonly float* rows, attended; // rows: a query, or query, key and value; and what attention gathers

    /// <param name="block">The block's weights.</param>
    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    public DecoderStep(BlockStep block, int first, int count)
    {
        (this.block, this.first, this.count, width) = (block, first, count, block.Width);
        var widest = width;
        foreach (var sublayer in block.Sublayers) widest = Math.Max(widest, sublayer.Features);
        (stride, rowStride) = (Scratch.Stride(count), Scratch.Stride(3 * width));
        scratch = new Scratch((width, count), (width, count), (width, count), (widest, count), (count, 3 * width), (count, width));
        x = scratch.Take(width, count);
        sum = scratch.Take(width, count);
        input = scratch.Take(width, count);
        output = scratch.Take(widest, count);
        rows = scratch.Take(count, 3 * width);
        attended = scratch.Take(count, width);
    }

    /// <summary>Computes h = Σ r_i(x + r_0 + ... + r_{i-1}).</summary>
    /// <param name="from">x, (R, D).</param>
    /// <param name="past">What the rows look back at.</param>
    /// <param name="to">h, (R, D).</param>
    public void Run(float* from, in StepPast past, float* to)
    {
        TransposedRows<S, V>.Read(from + (long)first * width, width, count, width, x, stride);
        for (var i = 0; i < block.Sublayers.Length; i++)
        {
            var r = i == 0 ? sum : input;
            block.Sublayers[i].Norm.Apply<S, V>(x, input, stride, count);
            block.Sublayers[i].Run(this, past, r);
            if (i < block.Sublayers.Length - 1) TransposedRows<S, V>.Add(x, r, x, stride, count, width);
            if (i > 0) TransposedRows<S, V>.Add(sum, r, sum, stride, count, width);
        }

        TransposedRows<S, V>.Write(sum, stride, count, width, rows, rowStride);
        for (var row = 0; row < count; row++)
            new ReadOnlySpan<float>(rows + (long)row * rowStride, width).CopyTo(new Span<float>(to + (long)(first + row) * width, width));
    }

    /// <summary>A sub-layer's first product, of what the norm has given.</summary>
    public void Product(DenseWeights layer) => layer.Apply<S, V>(input, output, stride, count);

    /// <summary>The same, as rows for attention, which begin with the query.</summary>
    public void ProductRows(DenseWeights layer)
    {
        Product(layer);
        TransposedRows<S, V>.Write(output, stride, count, layer.Outputs, rows, rowStride);
    }

    /// <summary>GELU of the first product.</summary>
    public void Gelu(int features)
    {
        for (var d = 0; d < features; d++) GeluKernel.Forward<S, V>(output + (long)d * stride, count);
    }

    /// <summary>A sub-layer's last product.</summary>
    public void Result(DenseWeights layer, float* to) => layer.Apply<S, V>(output, to, stride, count);

    /// <summary>Writes keys and values, which stand behind the query, to a place.</summary>
    public void Remember(KeyValueView cache, long position)
    {
        for (var row = 0; row < count; row++) cache.Write(rows + (long)row * rowStride + width, first + row, position);
    }

    /// <summary>Attends, and projects what was gathered.</summary>
    public void Attend(KeyValueView cache, DenseWeights projection, float* to)
    {
        var attendedStride = Scratch.Stride(width);
        cache.Attend((long)first * cache.Heads, (long)(first + count) * cache.Heads,
            rows - (long)first * rowStride, rowStride, attended - (long)first * attendedStride, attendedStride);
        TransposedRows<S, V>.Read(attended, attendedStride, count, width, output, stride);
        Result(projection, to);
    }

    public void Dispose() => scratch.Dispose();
}
