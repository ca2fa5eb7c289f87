using Bdia.Core.Operations;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>What <see cref="DecoderStepKernel"/> does to neighbouring rows, on one thread. Activations lie as columns, see <see cref="TransposedRows{S, V}"/>.</summary>
internal sealed unsafe class DecoderStep<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly DecoderStepWeights _weights;
    private readonly int _first, _count, _width, _stride, _rowStride;
    private readonly Scratch _scratch;
    private readonly float* _x, _sum, _input, _output; // columns
    private readonly float* _rows, _attended; // rows: a query, or query, key and value; and what attention gathers

    /// <param name="first">The first row.</param>
    /// <param name="count">How many.</param>
    public DecoderStep(DecoderStepWeights weights, int first, int count)
    {
        (_weights, _first, _count, _width) = (weights, first, count, weights.Width);
        var widest = Math.Max(3 * _width, weights.Hidden.Outputs);
        (_stride, _rowStride) = (Scratch.Stride(count), Scratch.Stride(3 * _width));
        _scratch = new Scratch((_width, count), (_width, count), (_width, count), (widest, count), (count, 3 * _width), (count, _width));
        _x = _scratch.Take(_width, count);
        _sum = _scratch.Take(_width, count);
        _input = _scratch.Take(_width, count);
        _output = _scratch.Take(widest, count);
        _rows = _scratch.Take(count, 3 * _width);
        _attended = _scratch.Take(count, _width);
    }

    /// <summary>Computes h(x).</summary>
    /// <param name="x">(R, D).</param>
    /// <param name="past">With room at <paramref name="position"/>, which is written; the last of its keys.</param>
    /// <param name="memory">What cross-attention looks at.</param>
    /// <param name="to">(R, D).</param>
    public void Run(float* x, KeyValueView past, long position, KeyValueView memory, float* to)
    {
        TransposedRows<S, V>.Read(x + (long)_first * _width, _width, _count, _width, _x, _stride);

        Branch(_weights.Norm1, _weights.QueryKeyValue);
        TransposedRows<S, V>.Write(_output, _stride, _count, 3 * _width, _rows, _rowStride);
        for (var row = 0; row < _count; row++) past.Write(_rows + (long)row * _rowStride + _width, _first + row, position);
        Attend(past, _weights.SelfProjection, _sum); // f(x)
        TransposedRows<S, V>.Add(_x, _sum, _x, _stride, _count, _width);

        Branch(_weights.Norm2, _weights.Query);
        TransposedRows<S, V>.Write(_output, _stride, _count, _width, _rows, _rowStride);
        Attend(memory, _weights.CrossProjection, _output); // c(x + f, m)
        TransposedRows<S, V>.Add(_x, _output, _x, _stride, _count, _width);
        TransposedRows<S, V>.Add(_sum, _output, _sum, _stride, _count, _width);

        Branch(_weights.Norm3, _weights.Hidden);
        for (var d = 0; d < _weights.Hidden.Outputs; d++) GeluKernel.Forward<S, V>(_output + (long)d * _stride, _count);
        _weights.Output.Apply<S, V>(_output, _input, _stride, _count); // g(x + f + c)
        TransposedRows<S, V>.Add(_sum, _input, _sum, _stride, _count, _width);

        TransposedRows<S, V>.Write(_sum, _stride, _count, _width, _rows, _rowStride);
        for (var row = 0; row < _count; row++)
            new ReadOnlySpan<float>(_rows + (long)row * _rowStride, _width).CopyTo(new Span<float>(to + (long)(_first + row) * _width, _width));
    }

    public void Dispose() => _scratch.Dispose();

    private void Branch(NormWeights norm, DenseWeights layer)
    {
        norm.Apply<S, V>(_x, _input, _stride, _count);
        layer.Apply<S, V>(_input, _output, _stride, _count);
    }

    private void Attend(KeyValueView kept, DenseWeights projection, float* to)
    {
        var attendedStride = Scratch.Stride(_width);
        kept.Attend((long)_first * kept.Heads, (long)(_first + _count) * kept.Heads,
            _rows - (long)_first * _rowStride, _rowStride, _attended - (long)_first * attendedStride, attendedStride);
        TransposedRows<S, V>.Read(_attended, attendedStride, _count, _width, _input, _stride);
        projection.Apply<S, V>(_input, to, _stride, _count);
    }
}
