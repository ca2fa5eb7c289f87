using System.Runtime.CompilerServices;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>
/// Neighbouring tokens of a sequence on their way through <see cref="EncoderKernel"/>. They are taken by one thread at a time, and meet the
/// other tokens of the sequence in keys and values alone. Everything lies as columns, see <see cref="TransposedRows{S, V}"/>.
/// </summary>
internal sealed unsafe class EncoderPart<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly EncoderSizes sizes;
    private readonly EulerSteps steps;
    private readonly int first, count, stride;
    private readonly EncoderRest<S, V> rest;
    private readonly Scratch scratch;
    private readonly float* x, input, sum, output, weights; // columns; weights of attention: keys × tokens

    /// <param name="sizes">Of the sequence.</param>
    /// <param name="steps">Of the stack.</param>
    /// <param name="first">The first token, at the start of a register.</param>
    /// <param name="count">How many, at least 1.</param>
    /// <param name="rest">How many others, the last ones of the sequence, which lie as rows.</param>
    public EncoderPart(EncoderSizes sizes, EulerSteps steps, int first, int count, int rest)
    {
        (this.sizes, this.steps, this.first, this.count, this.rest) = (sizes, steps, first, count, new(sizes, steps, rest));
        stride = Scratch.Stride(count);
        scratch = new Scratch((sizes.Width, count), (sizes.Width, count), (sizes.Width, count), (sizes.Widest, count),
            (sizes.Tokens, count));
        x = scratch.Take(sizes.Width, count);
        input = scratch.Take(sizes.Width, count);
        sum = scratch.Take(sizes.Width, count);
        output = scratch.Take(sizes.Widest, count);
        weights = scratch.Take(sizes.Tokens, count);
    }

    /// <summary>Makes x_0.</summary>
    /// <param name="tokens">Of the sequence, (N, D).</param>
    /// <returns>Its largest magnitude.</returns>
    public float Start(float* tokens)
    {
        TransposedRows<S, V>.Read(tokens + (long)first * sizes.Width, sizes.Width, count, sizes.Width, x, stride);
        var largest = rest.Start(tokens);
        for (var d = 0; d < sizes.Width; d++) largest = MathF.Max(largest, steps.Start(x + (long)d * stride, count));
        return largest;
    }

    /// <summary>Norm, keys and values of a block.</summary>
    /// <param name="all">Keys and values of the sequence, columns, 2 D × N.</param>
    public void Remember(in EncoderWeights block, in EncoderKeys all)
    {
        block.AttentionNorm.Apply<S, V>(x, input, stride, count);
        block.QueryKeyValue.Apply<S, V>(input, stride, all.Start + first - sizes.Width * all.Stride, all.Stride, count,
            sizes.Width, 3 * sizes.Width, rest.Remember(block, all));
    }

    /// <summary>Everything else of the block, behind keys and values of all tokens, and the step.</summary>
    /// <param name="wanted">How many of the tokens, the first ones.</param>
    /// <returns>The largest magnitude of the step.</returns>
    public float Advance(in EncoderWeights block, in EncoderKeys all, int? wanted = null)
    {
        var (tokens, whole) = (wanted ?? count, wanted is null);
        block.QueryKeyValue.Apply<S, V>(input, stride, output, stride, tokens, 0, sizes.Width, whole ? rest.Queries() : default);
        for (var head = 0; head < sizes.Heads; head++) Attend(head, all, tokens);
        if (whole) rest.Attend(all);
        block.Projection.Apply<S, V>(input, stride, sum, stride, tokens, 0, sizes.Width, whole ? rest.Project() : default);
        TransposedRows<S, V>.Add(x, sum, input, stride, tokens, sizes.Width);
        block.FeedForwardNorm.Apply<S, V>(input, input, stride, tokens);
        block.First.Apply<S, V>(input, stride, output, stride, tokens, 0, sizes.FeedForward, whole ? rest.First(block) : default);
        for (var d = 0; d < sizes.FeedForward; d++) GeluKernel.Forward<S, V>(output + (long)d * stride, tokens);
        block.Second.Apply<S, V>(output, stride, input, stride, tokens, 0, sizes.Width, whole ? rest.Second() : default);
        TransposedRows<S, V>.Add(sum, input, sum, stride, tokens, sizes.Width);
        var largest = whole ? rest.Advance() : 0;
        for (var d = 0; d < sizes.Width; d++)
            largest = MathF.Max(largest, steps.Add(x + (long)d * stride, sum + (long)d * stride, tokens));
        return largest;
    }

    /// <summary>Writes the state as rows.</summary>
    /// <param name="tokens">Of the sequence, (N, D), or (n, D).</param>
    /// <param name="wanted">n, where the first tokens alone are wanted.</param>
    public void Write(float* tokens, int? wanted = null)
    {
        if (wanted is null) rest.Write(tokens);
        for (var token = 0; token < (wanted ?? count); token++)
            for (var d = 0; d < sizes.Width; d++) tokens[(long)(first + token) * sizes.Width + d] = x[(long)d * stride + token];
    }

    public void Dispose()
    {
        rest.Dispose();
        scratch.Dispose();
    }

    // Of a head: weights of all keys, one after the other, are a column of a token; so is what is gathered, which is written over what the
    // norm gave.
    private void Attend(int head, in EncoderKeys all, int tokens)
    {
        var at = (nint)head * sizes.HeadSize;
        float* keys = all.Start + at * all.Stride, values = keys + sizes.Width * all.Stride;
        SimdProduct<S, V>.Run(new((nint)keys, 1, all.Stride), output + at * stride, stride, weights, stride,
            sizes.Tokens, tokens, sizes.HeadSize, add: false);
        Softmax(tokens);
        SimdProduct<S, V>.Run(new((nint)values, all.Stride, 1), weights, stride, input + at * stride, stride,
            sizes.HeadSize, tokens, sizes.Tokens, add: false);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private void Softmax(int tokens)
    {
        var scale = S.Broadcast(1 / MathF.Sqrt(sizes.HeadSize));
        var factors = stackalloc float[S.Count];
        for (var i = 0; i < tokens; i += S.Count)
        {
            float* column = weights + i, end = column + (long)sizes.Tokens * stride;
            var largest = S.Load(column);
            for (var weight = column + stride; weight < end; weight += stride) largest = S.Max(S.Load(weight), largest);
            var total = S.Zero;
            for (var weight = column; weight < end; weight += stride)
            {
                var exp = SimdMath.Exp<S, V>(S.Multiply(S.Subtract(S.Load(weight), largest), scale));
                S.Store(exp, weight);
                total = S.Add(total, exp);
            }

            S.Store(total, factors);
            for (var lane = 0; lane < S.Count; lane++) factors[lane] = 1 / factors[lane];
            var factor = S.Load(factors);
            for (var weight = column; weight < end; weight += stride) S.Store(S.Multiply(S.Load(weight), factor), weight);
        }
    }
}
