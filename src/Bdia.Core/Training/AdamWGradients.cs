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

    /// <summary>A stretch of one parameter: addresses of the parameter, its gradient and its moments.</summary>
    private readonly record struct Piece(int Slot, nint Parameter, nint Gradient, nint First, nint Second, int Length);

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
        foreach (var (slot, gradient) in elsewhere) bySlot[slot].Add(gradient.to(float64).square().sum().item<double>());
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
            if (pieces[i].Second == 0) return; // Muon's, which takes a matrix as a whole
            var piece = pieces[i];
            AdamWKernel.Update(
                Span(piece.Parameter, piece.Length), Span(piece.Gradient, piece.Length),
                Span(piece.First, piece.Length), Span(piece.Second, piece.Length), steps[piece.Slot]);
        });
        foreach (var slot in pieces.Where(piece => piece.Second != 0).Select(piece => piece.Slot).Distinct())
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
        slot.First.TimesInPlace(step.Beta1).PlusInPlace(scaled, step.Gain1);
        var second = slot.Second!;
        second.TimesInPlace(step.Beta2).PlusInPlace(scaled.mul(scaled), step.Gain2);
        var denominator = second.sqrt().TimesInPlace(step.RootCorrection).PlusInPlace(step.Epsilon);
        slot.Parameter.TimesInPlace(step.Keep).PlusInPlace(slot.First.div(denominator), -step.StepSize);
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

        var (p, g, m) = (Address(parameter), Address(gradient), Address(slot.First));
        var v = slot.Second is null ? 0 : Address(slot.Second);
        var length = parameter.numel();
        for (long start = 0; start < length; start += PieceLength)
        {
            var offset = (nint)(start * sizeof(float));
            pieces.Add(new Piece(number, p + offset, g + offset, m + offset, v == 0 ? 0 : v + offset,
                (int)Math.Min(PieceLength, length - start)));
        }
    }

    private void ForEachPiece(Action<int> work)
    {
        if (threads > 1 && pieces.Sum(piece => (long)piece.Length) >= ParallelFrom)
            KernelThreads.For(pieces.Count, work, threads);
        else
            for (var i = 0; i < pieces.Count; i++) work(i);
    }
}
