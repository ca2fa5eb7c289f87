using Bdia.Core.Simd;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Operations;

/// <summary>Finds or makes some rows.</summary>
/// <param name="first">The first row of the batch that is meant.</param>
/// <param name="count">How many.</param>
/// <returns>Address of the first one; made ones are the thread's until it makes others of the kind.</returns>
internal delegate nint RowSource(long first, int count);

/// <summary>
/// Operations on the rows of a batch of sequences, none of which reads another sequence's. They are noted, and then done some sequences at
/// a time: a thread takes these through all of them while they are in its core's caches, and meets the other threads once, at the end.
/// </summary>
/// <remarks>
/// Done one by one, each operation reads from farther memory what the one before has written, and threads meet at each. The cut into
/// stretches depends on the shape of the batch alone, as bits may depend on it.
/// </remarks>
/// <param name="workspace">Takes what is returned.</param>
/// <param name="sequences">B.</param>
/// <param name="tokens">N, of a sequence.</param>
/// <param name="type">Of the products.</param>
/// <param name="allowed">Whether there may be such operations at all.</param>
internal sealed class RowChain(Workspace workspace, long sequences, long tokens, ScalarType type, bool allowed)
{
    // Rows of a stretch: enough for a product to be fast, few enough for a core's second-level cache where networks are small. Batches of
    // fewer sequences would leave threads without work, unless the whole of it is little.
    private const long StretchRows = 160, FewestSequences = 16, FewRows = 512;

    private readonly List<Action<Stretch>> stages = [];
    private readonly List<Tensor> returned = [], held = [];

    /// <summary>
    /// Whether operations may be added. Where not, whoever has one does it at once and for the whole batch.
    /// </summary>
    public bool IsOpen { get; } = allowed && sequences > 0 && (sequences >= FewestSequences || sequences * tokens <= FewRows)
        && DirectProducts.Serve(type);

    /// <summary>How many stretches there are: a power of two where there are enough sequences, so that threads have equal shares.</summary>
    public int Stretches { get; } = (int)Math.Clamp(
        1L << (int)Math.Round(Math.Log2(Math.Max(1.0, (double)sequences * tokens / StretchRows))), 1, Math.Max(1, sequences));

    /// <summary>Adds an operation, which is done behind those before, for each stretch once. Must not call libtorch.</summary>
    public void Add(Action<Stretch> stage) => stages.Add(stage);

    /// <summary>Does all that was added.</summary>
    public void Run()
    {
        if (stages.Count > 0)
        {
            var work = stages.ToArray();
            KernelThreads.For(Stretches, index =>
            {
                var stretch = new Stretch(index, sequences * index / Stretches, sequences * (index + 1) / Stretches);
                foreach (var stage in work) stage(stretch);
            });
            stages.Clear();
        }

        foreach (var tensor in returned) workspace.Return(tensor);
        foreach (var tensor in held) tensor.Dispose();
        returned.Clear();
        held.Clear();
    }

    /// <summary>Gives a tensor back to the workspace as soon as nothing that was added reads it any more.</summary>
    public void Return(Tensor? tensor)
    {
        if (tensor is null) return;
        if (stages.Count == 0) workspace.Return(tensor);
        else returned.Add(tensor);
    }

    /// <summary>Gives a tensor back to the workspace when all that was added, and what is added until then, is done.</summary>
    public void ReturnBehind(Tensor tensor) => returned.Add(tensor);

    /// <summary>Keeps a tensor until all that was added is done, and disposes it.</summary>
    public Tensor Hold(Tensor tensor)
    {
        held.Add(tensor.DetachFromDisposeScope());
        return tensor;
    }
}

/// <summary>Some sequences of a batch.</summary>
/// <param name="Index">Number of the stretch.</param>
/// <param name="First">The first sequence.</param>
/// <param name="End">The one behind the last.</param>
internal readonly record struct Stretch(int Index, long First, long End)
{
    /// <summary>The rows of its sequences, of so many each.</summary>
    public (long First, int Count) Rows(long tokens) => (First * tokens, (int)((End - First) * tokens));
}
