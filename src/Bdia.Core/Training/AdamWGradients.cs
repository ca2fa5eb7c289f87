using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// The gradients of one step. On the CPU, all work goes over the tensors' memory in one pass each, in pieces of a fixed
/// size that threads may take in any order; on another device, by libtorch's operations.
/// </summary>
internal sealed unsafe class AdamWGradients(IReadOnlyList<AdamWSlot> slots, int threads) : IDisposable
{
    // 32 Ki floats: the four arrays of a piece (512 KiB) fit a core's second-level cache, and a piece is long enough to hand to a thread.
    private const int PieceLength = 1 << 15;

    // Below this many elements the hand-over to other threads costs more than it saves.
    private const long ParallelFrom = 1 << 18;

    private readonly List<(int Slot, Tensor Gradient)> elsewhere = [], matrices = [];
    private readonly List<Tensor> held = [];
    private readonly List<Piece> pieces = [];

    /// <summary>A stretch of one parameter: addresses of the parameter, its gradient and its moments, and its first element.</summary>
    private readonly record struct Piece(int Slot, nint Parameter, nint Gradient, Place First, Place Second, long Start, int Length);

    /// <summary>Where a moment is: floats, or codes with scales.</summary>
    private readonly record struct Place(nint Values, MomentCodes? Codes)
    {
        public bool IsNowhere => Values == 0 && Codes is null;
    }

    /// <summary>Takes the gradients that the parameters have now.</summary>
    public static AdamWGradients Of(IReadOnlyList<AdamWSlot> slots, int threads)
    {
        var gradients = new AdamWGradients(slots, threads);
        for (var slot = 0; slot < slots.Count; slot++)
        {
            if (slots[slot].Parameter.grad is { } gradient) gradients.Add(slot, gradient.DetachFromDisposeScope());
        }

        return gradients;
    }

    /// <summary>
    /// The sums of the squares of each slot's pieces. Adding all of them up in the order of the slots gives the same bits however slots
    /// were gathered.
    /// </summary>
    public IReadOnlyList<double>[] SumsOfSquares()
    {
        var sums = new double[pieces.Count];
        ForEachPiece(i => sums[i] = AdamWKernel.SumOfSquares(Span(pieces[i].Gradient, pieces[i].Length)));

        var bySlot = slots.Select(_ => new List<double>()).ToArray();
        for (var i = 0; i < sums.Length; i++) bySlot[pieces[i].Slot].Add(sums[i]);
        using var scope = NewDisposeScope();
        foreach (var (slot, gradient) in elsewhere) bySlot[slot].Add(gradient.to(float64).Squared().sum().item<double>());
        return bySlot;
    }

    /// <summary>The Euclidean norm from the sums of squares of all slots.</summary>
    public static double Norm(IEnumerable<IReadOnlyList<double>> sumsBySlot)
    {
        var total = 0.0;
        foreach (var sums in sumsBySlot)
            foreach (var sum in sums) total += sum;
        return Math.Sqrt(total);
    }

    /// <summary>Updates parameters and moments.</summary>
    public void Update(AdamWStep step)
    {
        AdamWStep[] steps = [.. slots.Select(step.For)];
        ForEachPiece(i =>
        {
            var piece = pieces[i];
            if (piece.Second.IsNowhere) return; // Muon's, which takes a matrix as a whole
            if (piece is { First.Codes: { } first, Second.Codes: { } second }) UpdateCodes(piece, first, second, steps[piece.Slot]);
            else
                AdamWKernel.Update(
                    Span(piece.Parameter, piece.Length), Span(piece.Gradient, piece.Length),
                    Span(piece.First.Values, piece.Length), Span(piece.Second.Values, piece.Length), steps[piece.Slot]);
        });
        foreach (var slot in pieces.Where(piece => !piece.Second.IsNowhere).Select(piece => piece.Slot).Distinct())
            TensorMemory.NoteWrite(slots[slot].Parameter);
        foreach (var (slot, gradient) in matrices) Muon.Update(slots[slot], gradient, steps[slot]);
        foreach (var (slot, gradient) in elsewhere.Where(each => slots[each.Slot].Parts.Count == 0))
            ByLibtorch(slots[slot], gradient, steps[slot]);
    }

    /// <summary>
    /// The step of one parameter by libtorch's operations: for tensors that are not plain CPU memory, and as the reference of the kernel.
    /// </summary>
    internal static void ByLibtorch(AdamWSlot slot, Tensor gradient, AdamWStep step)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var scaled = gradient.to(float32).Times(step.GradientScale);
        var (first, second) = (slot.First!.Read(), slot.Second!.Read());
        first.TimesInPlace(step.Beta1).PlusInPlace(scaled, step.Gain1);
        second.TimesInPlace(step.Beta2).PlusInPlace(scaled.mul(scaled), step.Gain2);
        var denominator = second.sqrt().TimesInPlace(step.RootCorrection).PlusInPlace(step.Epsilon);
        slot.Parameter.TimesInPlace(step.Keep).PlusInPlace(first.div(denominator), -step.StepSize);
        slot.First!.Write(first, Moment.Chance(step.Number, slot.Number, isSigned: true));
        slot.Second!.Write(second, Moment.Chance(step.Number, slot.Number, isSigned: false));
    }

    // Block by block: the moments become floats, the step is taken, and they become codes again.
    private void UpdateCodes(Piece piece, MomentCodes first, MomentCodes second, AdamWStep step)
    {
        Span<float> m = stackalloc float[EightBitBlock.Length], v = stackalloc float[EightBitBlock.Length];
        var number = slots[piece.Slot].Number;
        var (signed, unsigned) = (Moment.Chance(step.Number, number, isSigned: true), Moment.Chance(step.Number, number, isSigned: false));
        for (var start = 0; start < piece.Length; start += EightBitBlock.Length)
        {
            var length = Math.Min(EightBitBlock.Length, piece.Length - start);
            var block = (piece.Start + start) / EightBitBlock.Length;
            first.Read(block, length, m);
            second.Read(block, length, v);
            AdamWKernel.Update(Span(piece.Parameter, piece.Length).Slice(start, length),
                Span(piece.Gradient, piece.Length).Slice(start, length), m[..length], v[..length], step);
            first.Write(block, length, m, signed);
            second.Write(block, length, v, unsigned);
        }
    }

    public void Dispose()
    {
        foreach (var gradient in held) gradient.Dispose();
        GC.KeepAlive(slots); // until here: pieces are addresses in their tensors, which hold nothing alive
    }

    private static Span<float> Span(nint address, int length) => new((void*)address, length);

    private static nint Address(Tensor tensor) => (nint)TensorMemory.Pointer<float>(tensor);

    private void Add(int number, Tensor gradient)
    {
        held.Add(gradient);
        var slot = slots[number];
        var parameter = slot.Parameter;
        if (slot.Parts.Count > 0) matrices.Add((number, gradient));
        if (!CpuKernels.Serve(gradient) || !gradient.is_contiguous() || !parameter.is_contiguous())
        {
            elsewhere.Add((number, gradient));
            return;
        }

        var (p, g, m, v) = (Address(parameter), Address(gradient), PlaceOf(slot.First), PlaceOf(slot.Second));
        var length = parameter.numel();
        for (long start = 0; start < length; start += PieceLength)
        {
            var offset = (nint)(start * sizeof(float));
            pieces.Add(new Piece(number, p + offset, g + offset, From(m), From(v), start, (int)Math.Min(PieceLength, length - start)));

            Place From(Place place) => place.Values == 0 ? place : place with { Values = place.Values + offset };
        }

        static Place PlaceOf(Moment? moment) => moment switch
        {
            null => default,
            { Values: { } values } => new(Address(values), null),
            _ => new(0, moment.Codes),
        };
    }

    private void ForEachPiece(Action<int> work)
    {
        if (threads > 1 && pieces.Sum(piece => (long)piece.Length) >= ParallelFrom)
            KernelThreads.For(pieces.Count, work, threads);
        else
            for (var i = 0; i < pieces.Count; i++) work(i);
    }
}
