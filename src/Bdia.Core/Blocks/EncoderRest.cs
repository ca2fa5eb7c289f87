using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Simd;

namespace Bdia.Core.Blocks;

/// <summary>
/// The tokens of a sequence that lie as rows, on their way through <see cref="EncoderKernel"/> with the last
/// <see cref="EncoderPart{S, V}"/>, which takes their products along with its own. <see cref="EncoderSizes.Rest"/> says why.
/// </summary>
internal sealed unsafe class EncoderRest<S, V> : IDisposable where S : struct, ISimd<V> where V : struct
{
    private readonly EncoderSizes sizes;
    private readonly EulerSteps steps;
    private readonly int count, stride;
    private readonly Scratch scratch;
    private readonly float* x, input, sum, output, weights;

    /// <param name="sizes">Of the sequence.</param>
    /// <param name="steps">Of the stack.</param>
    /// <param name="count">How many there are; 0 for parts that take none along.</param>
    public EncoderRest(EncoderSizes sizes, EulerSteps steps, int count)
    {
        (this.sizes, this.steps, this.count) = (sizes, steps, count);
        var widest = Math.Max(sizes.Widest, sizes.Tokens) + S.Count; // what is done by whole registers ends behind the row
        stride = Scratch.Stride(widest);
        scratch = new Scratch((count, widest), (count, widest), (count, widest), (count, widest), (1, widest));
        x = scratch.Take(count, widest);
        input = scratch.Take(count, widest);
        sum = scratch.Take(count, widest);
        output = scratch.Take(count, widest);
        weights = scratch.Take(1, widest);
    }

    /// <inheritdoc cref="EncoderPart{S, V}.Start"/>
    public float Start(float* tokens)
    {
        var largest = 0f;
        for (var row = 0; row < count; row++)
        {
            new ReadOnlySpan<float>(tokens + (long)(sizes.Columns + row) * sizes.Width, sizes.Width)
                .CopyTo(new Span<float>(Row(x, row), sizes.Width));
            largest = MathF.Max(largest, steps.Start(Row(x, row), sizes.Width));
        }

        return largest;
    }

    /// <summary>The norm before attention, and where its product's keys and values go: behind those of the other tokens.</summary>
    public RestRows Remember(in EncoderWeights block, in EncoderKeys all)
    {
        for (var row = 0; row < count; row++) block.AttentionNorm.Apply(Row(x, row), Row(input, row));
        return new(input, stride, all.Start + sizes.Columns - sizes.Width * all.Stride, 1, all.Stride, count);
    }

    /// <summary>Queries, of what the norm has given.</summary>
    public RestRows Queries() => To(input, output);

    /// <summary>Attends.</summary>
    public void Attend(in EncoderKeys all)
    {
        for (var row = 0; row < count; row++)
            for (var head = 0; head < sizes.Heads; head++) Attend(head, all, row);
    }

    /// <summary>The projection of what was gathered.</summary>
    public RestRows Project() => To(input, sum);

    /// <summary>The feed-forward layer's norm and first product.</summary>
    public RestRows First(in EncoderWeights block)
    {
        for (var row = 0; row < count; row++)
        {
            float* state = Row(x, row), added = Row(sum, row), z = Row(input, row);
            for (var d = 0; d < sizes.Width; d++) z[d] = state[d] + added[d];
            block.FeedForwardNorm.Apply(z, z);
        }

        return To(input, output);
    }

    /// <summary>Its activation and second product.</summary>
    public RestRows Second()
    {
        for (var row = 0; row < count; row++) GeluKernel.Forward<S, V>(Row(output, row), sizes.FeedForward);
        return To(output, input);
    }

    /// <summary>The step.</summary>
    public float Advance()
    {
        var largest = 0f;
        for (var row = 0; row < count; row++)
        {
            float* h = Row(sum, row), added = Row(input, row);
            for (var d = 0; d < sizes.Width; d++) h[d] += added[d];
            largest = MathF.Max(largest, steps.Add(Row(x, row), h, sizes.Width));
        }

        return largest;
    }

    /// <summary>Writes the state as rows.</summary>
    public void Write(float* tokens)
    {
        for (var row = 0; row < count; row++)
            new ReadOnlySpan<float>(Row(x, row), sizes.Width)
                .CopyTo(new Span<float>(tokens + (long)(sizes.Columns + row) * sizes.Width, sizes.Width));
    }

    public void Dispose() => scratch.Dispose();

    private void Attend(int head, in EncoderKeys all, int row)
    {
        var at = (nint)head * sizes.HeadSize;
        float* keys = all.Start + at * all.Stride, values = keys + sizes.Width * all.Stride;
        SimdProduct<S, V>.Run(new((nint)(Row(output, row) + at), 0, 1), keys, all.Stride, weights, stride,
            1, sizes.Tokens, sizes.HeadSize, add: false);
        Softmax();
        RowProduct.Run(weights, values, all.Stride, Row(input, row) + at, 1, sizes.Tokens, sizes.HeadSize, add: false);
    }

    // Sums in one order, whatever the register.
    private void Softmax()
    {
        var (scale, largest, total) = (1 / MathF.Sqrt(sizes.HeadSize), weights[0], 0f);
        for (var key = 1; key < sizes.Tokens; key++) largest = MathF.Max(largest, weights[key]);
        for (var key = 0; key < sizes.Tokens; key += S.Count)
        {
            var score = S.Multiply(S.Subtract(S.Load(weights + key), S.Broadcast(largest)), S.Broadcast(scale));
            S.Store(SimdMath.Exp<S, V>(score), weights + key);
        }

        for (var key = 0; key < sizes.Tokens; key++) total += weights[key];
        var factor = S.Broadcast(1 / total);
        for (var key = 0; key < sizes.Tokens; key += S.Count) S.Store(S.Multiply(S.Load(weights + key), factor), weights + key);
    }

    private RestRows To(float* from, float* to) => new(from, stride, to, stride, 1, count);

    private float* Row(float* rows, int row) => rows + (nint)row * stride;
}
