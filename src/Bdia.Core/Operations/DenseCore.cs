using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>
/// The product of <see cref="DenseProduct"/> over rented memory, forth and back, by libtorch: for passes that are written down.
/// </summary>
/// <param name="workspace">For what it makes.</param>
/// <param name="type">Number format of what comes out.</param>
internal sealed unsafe class DenseCore(Workspace workspace, ScalarType type)
{
    // Columns of a piece of a product: few enough for several threads in narrow layers, many in wide ones, since for each piece the other
    // operand is read anew.
    private const long PieceColumns = 64, WidePieceColumns = 128, WideColumns = 512;

    private readonly ScalarType taken = BFloat16Products.TypeOf(type, workspace.Device.type);

    /// <summary>x Wᵀ + b, rented.</summary>
    /// <param name="x">(rows, inputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    public Tensor Forward(Tensor x, Tensor weight, Tensor? bias)
    {
        using var scope = NewDisposeScope();
        Tensor operand = Operand(x), w = BFloat16Products.Operand(weight, type);
        Tensor y;
        if (CutsByShape(w))
        {
            y = workspace.Rent(ScalarType.Float32, x.shape[0], weight.shape[0]);
            if (bias is not null) y.copy_(BFloat16Products.Operand(bias, type));
            var (rows, inputs, outputs, bytes) = ((int)x.shape[0], (int)weight.shape[1], (int)weight.shape[0], (int)w.element_size());
            var (of, by, to, add) = (Address(operand), Address(w), (nint)TensorMemory.Pointer<float>(y), bias is not null);
            InPieces(outputs, (start, count) => DirectProducts.Forward(taken, of, by + start * inputs * bytes, (float*)to + start, rows,
                inputs, count, add, outputs));
        }
        else
        {
            y = workspace.Rent(taken, x.shape[0], weight.shape[0]);
            using var transposed = w.t();
            if (bias is null) y.addmm_(operand, transposed, beta: 0);
            else y.copy_(BFloat16Products.Operand(bias, type)).addmm_(operand, transposed);
        }

        Return(operand, x);
        return Rounded(y);
    }

    /// <summary>Adds gᵀ x, the gradient by the weight.</summary>
    /// <param name="sum">(outputs, inputs), float32.</param>
    /// <param name="gradient">g, (rows, outputs).</param>
    /// <param name="x">(rows, inputs).</param>
    public void AddByWeight(Tensor sum, Tensor gradient, Tensor x)
    {
        using var scope = NewDisposeScope();
        Tensor left = Operand(gradient), right = Operand(x);
        if (DirectProducts.Serve(taken) && sum.is_contiguous()) AddInPieces(sum, left, right);
        else if (taken == ScalarType.Float32) sum.addmm_(left.t(), right);
        else sum.PlusInPlace(left.t().mm(right));
        Return(left, gradient);
        Return(right, x);
    }

    private void AddInPieces(Tensor sum, Tensor gradient, Tensor x)
    {
        var (rows, outputs, inputs) = ((int)gradient.shape[0], (int)gradient.shape[1], (int)x.shape[1]);
        var (g, of, to, bytes) = (Address(gradient), Address(x), (nint)TensorMemory.Pointer<float>(sum), (int)gradient.element_size());
        InPieces(outputs, (start, count) => DirectProducts.AddByWeight(taken, g + start * bytes, outputs, of, (float*)to + start * inputs,
            rows, inputs, count));
    }

    // Of bfloat16, whose direct products give float32, libtorch's take less memory.
    private bool CutsByShape(Tensor weight)
        => taken == ScalarType.Float32 && DirectProducts.Serve(taken) && weight.is_contiguous();

    // A thread takes some columns of a result over all rows: how many follows from the shape alone, and so do the bits.
    private static void InPieces(int columns, Action<nint, int> piece)
        => KernelThreads.ForRanges(columns, columns < WideColumns ? PieceColumns : WidePieceColumns,
            (start, end) => piece((nint)start, (int)(end - start)));

    /// <summary>g W, the gradient by x, rented.</summary>
    /// <param name="gradient">g, (rows, outputs).</param>
    /// <param name="weight">(outputs, inputs).</param>
    public Tensor ByInput(Tensor gradient, Tensor weight)
    {
        using var scope = NewDisposeScope();
        Tensor operand = Operand(gradient), w = BFloat16Products.Operand(weight, type);
        Tensor byInput;
        if (CutsByShape(w))
        {
            // A sum over as many terms as a vocabulary has words.
            byInput = workspace.Rent(ScalarType.Float32, gradient.shape[0], weight.shape[1]);
            var (rows, inputs, outputs) = ((int)gradient.shape[0], (int)weight.shape[1], (int)weight.shape[0]);
            var bytes = (int)w.element_size();
            var (of, by, to) = (Address(operand), Address(w), (nint)TensorMemory.Pointer<float>(byInput));
            InPieces(inputs, (start, count) => DirectProducts.ByInput(taken, of, by + start * bytes, (float*)to + start, rows, count,
                outputs, inputs));
        }
        else byInput = workspace.Rent(taken, gradient.shape[0], weight.shape[1]).addmm_(operand, w, beta: 0);

        Return(operand, gradient);
        return Rounded(byInput);
    }

    /// <summary>x Wᵀ + b as a stage of a chain that is open, rented.</summary>
    /// <param name="chain">Of sequences that have <paramref name="tokens"/> rows each.</param>
    /// <param name="rows">Of x.</param>
    /// <param name="x">Rows in the number format of products.</param>
    /// <param name="weight">(outputs, inputs).</param>
    /// <param name="bias">(outputs); null for none.</param>
    /// <param name="to">Number format of what comes out: that of products, or float32, to which it is not rounded before.</param>
    public Tensor Forward(RowChain chain, long tokens, long rows, RowSource x, Tensor weight, Tensor? bias, ScalarType to)
    {
        var (outputs, inputs) = ((int)weight.shape[0], (int)weight.shape[1]);
        var y = workspace.Rent(to, rows, outputs);
        var (start, w, b) = (Address(y), Address(ForChain(chain, weight)), (nint)0);
        if (bias is not null)
            b = (nint)TensorMemory.Pointer<float>(type == ScalarType.Float32 ? bias
                : chain.Hold(BFloat16Products.Operand(bias, type).to(ScalarType.Float32)));
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var source = x(first, count);
            var elements = (long)count * outputs;
            var product = to == ScalarType.Float32 ? (float*)start + first * outputs
                : ThreadScratch.Take(ThreadScratch.Purpose.Product, elements);
            if (b != 0) SimdVectors.Repeat((float*)b, outputs, product, count);
            DirectProducts.Forward(type, source, w, product, count, inputs, outputs, add: b != 0);
            if (to != ScalarType.Float32) SimdVectors.ToBFloat16(product, (ushort*)start + first * outputs, elements);
        });
        return y;
    }

    /// <summary>g W, the gradient by a layer's input, as a stage of a chain that is open, rented.</summary>
    /// <inheritdoc cref="Forward(RowChain, long, long, RowSource, Tensor, Tensor?, ScalarType)"/>
    /// <param name="gradient">g, rows in the number format of products.</param>
    public Tensor ByInput(RowChain chain, long tokens, long rows, RowSource gradient, Tensor weight)
    {
        var (outputs, inputs, w) = ((int)weight.shape[0], (int)weight.shape[1], Address(ForChain(chain, weight)));
        var byInput = workspace.Rent(type, rows, inputs);
        var start = Address(byInput);
        chain.Add(stretch =>
        {
            var (first, count) = stretch.Rows(tokens);
            var elements = (long)count * inputs;
            var product = type == ScalarType.Float32 ? (float*)start + first * inputs
                : ThreadScratch.Take(ThreadScratch.Purpose.Product, elements);
            DirectProducts.ByInput(type, gradient(first, count), w, product, count, inputs, outputs);
            if (type != ScalarType.Float32) SimdVectors.ToBFloat16(product, (ushort*)start + first * inputs, elements);
        });
        return byInput;
    }

    /// <summary>Makes g W in float32, the gradient by a layer's input, for a stage of a chain that is open.</summary>
    /// <param name="chain">Until it has run, the source can be asked.</param>
    /// <param name="gradient">g, rows in the number format of products.</param>
    /// <param name="weight">(outputs, inputs).</param>
    public RowSource ByInput(RowChain chain, RowSource gradient, Tensor weight)
    {
        var (outputs, inputs, w) = ((int)weight.shape[0], (int)weight.shape[1], Address(ForChain(chain, weight)));
        return (first, count) =>
        {
            var byInput = ThreadScratch.Take(ThreadScratch.Purpose.Product, (long)count * inputs);
            DirectProducts.ByInput(type, gradient(first, count), w, byInput, count, inputs, outputs);
            return (nint)byInput;
        };
    }

    /// <summary>Rows of float32, rounded to the number format of products where that is another one.</summary>
    /// <param name="rows">Of float32.</param>
    /// <param name="width">Elements of a row.</param>
    public RowSource Rounded(RowSource rows, int width)
        => type == ScalarType.Float32 ? rows : (first, count) =>
        {
            var elements = (long)count * width;
            var rounded = ThreadScratch.Take(ThreadScratch.Purpose.Rounded, elements);
            SimdVectors.ToBFloat16((float*)rows(first, count), (ushort*)rounded, elements);
            return (nint)rounded;
        };

    /// <summary>The rows of a tensor.</summary>
    /// <param name="rows">(..., D), contiguous; must live until it is no more asked for.</param>
    public static RowSource Of(Tensor rows)
    {
        var (start, bytes) = (Address(rows), (nint)(rows.shape[^1] * rows.element_size()));
        return (first, _) => start + (nint)first * bytes;
    }

    private static nint Address(Tensor t) => (nint)new TensorRows(t).Start;

    // A weight as products take it, for as long as a chain has not run.
    private Tensor ForChain(RowChain chain, Tensor weight)
        => weight.dtype == type ? weight : chain.Hold(weight.to(type));

    // What is in the format of products already is taken as it is.
    private Tensor Operand(Tensor t) => t.dtype == taken ? t : workspace.Rent(taken, t.shape).copy_(t);

    private void Return(Tensor operand, Tensor of)
    {
        if (!ReferenceEquals(operand, of)) workspace.Return(operand);
    }

    // A product in the number format that is asked for.
    private Tensor Rounded(Tensor product)
    {
        if (product.dtype == type) return product;
        var rounded = workspace.Rent(type, product.shape).copy_(product);
        workspace.Return(product);
        return rounded;
    }
}
