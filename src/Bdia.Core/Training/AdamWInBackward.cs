using Bdia.Core.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>
/// Takes optimizer steps within the backward pass: the weights of a block are updated as soon as their gradients are there, and the next
/// block's gradients take the same memory. Weights and moments are those of <see cref="AdamW.Step"/>, bit for bit.
/// </summary>
/// <remarks>
/// Memory for gradients is that of the largest block, and of all parameters outside of blocks, instead of 4 bytes for every weight. Blocks
/// of a stack that stores activations cannot be served: autograd goes back through all of them at once. All blocks must be on one device.
/// </remarks>
public sealed class AdamWInBackward : IDisposable, IBlockObserver
{
    private readonly AdamW optimizer;
    private readonly BdiaStack[] stacks;
    private readonly Tensor memory;
    private readonly Dictionary<Residual, BlockGradients> blocks = [];
    private readonly HashSet<BlockGradients> passed = [];
    private readonly int[] otherSlots;
    private readonly AdamWSlot[] others;
    private readonly IReadOnlyList<double>[] sums;
    private AdamWStep? numbers;
    private Exception? fault;
    private double norm;

    /// <summary>Joins an optimizer to the stacks that it serves.</summary>
    /// <param name="optimizer">Over all parameters, those of the stacks' blocks among them; stays the caller's.</param>
    /// <param name="stacks">The stacks, at least one.</param>
    /// <exception cref="ArgumentException">There is no stack, or one stores activations, or a parameter belongs to several
    /// blocks.</exception>
    public AdamWInBackward(AdamW optimizer, IEnumerable<BdiaStack> stacks)
    {
        ArgumentNullException.ThrowIfNull(optimizer);
        ArgumentNullException.ThrowIfNull(stacks);
        (this.optimizer, this.stacks) = (optimizer, [.. stacks]);
        if (this.stacks.Length == 0) throw new ArgumentException(
            "There is no stack whose blocks the optimizer could serve within the backward pass; give one, or use AdamW alone.",
            nameof(stacks));
        foreach (var stack in this.stacks)
            if (stack.Options.Mode == BackpropagationMode.StoreActivations)
                throw new ArgumentException($"Stack {stack.GetName()} has the mode {stack.Options.Mode}, in which autograd makes all "
                    + $"gradients at once; choose {BackpropagationMode.Reversible} or {BackpropagationMode.Checkpointed}, or use AdamW "
                    + "alone.", nameof(stacks));

        var blocks = Blocks(optimizer, this.stacks);
        var taken = blocks.SelectMany(block => block.Slots).ToHashSet();
        otherSlots = [.. Enumerable.Range(0, optimizer.Slots.Count).Where(slot => !taken.Contains(slot))];
        others = [.. otherSlots.Select(slot => optimizer.Slots[slot])];
        sums = new IReadOnlyList<double>[optimizer.Slots.Count];
        // Once, before any pass: what is allocated between the large temporaries of a pass breaks up the heap.
        var length = blocks.Select(block => BlockGradients.Length(block.Slots.Select(slot => optimizer.Slots[slot])))
            .DefaultIfEmpty().Max();
        memory = zeros(length, float32, taken.Count > 0 ? optimizer.Slots[taken.First()].Parameter.device : CPU)
            .DetachFromDisposeScope();
        foreach (var (block, slots) in blocks) this.blocks.Add(block, new BlockGradients(optimizer, slots, memory));
    }

    /// <summary>Memory of gradients, in bytes: of the largest block, and of what is outside of blocks.</summary>
    internal long GradientBytes => sizeof(float) * (memory.numel() + BlockGradients.Length(others));

    /// <summary>Runs a backward pass for the norm of its gradients alone: no weight changes, and no gradient of a block stays.</summary>
    /// <param name="backward">A forward pass and one call of backward on its loss.</param>
    /// <returns>What <see cref="AdamW.GradientNorm"/> would give, bit for bit; NaN or infinite where a gradient is.</returns>
    /// <exception cref="InvalidOperationException">A block was gone through twice, or its weights are used outside of it as
    /// well.</exception>
    public double Measure(Action backward)
    {
        ArgumentNullException.ThrowIfNull(backward);
        return Run(backward, null);
    }

    /// <summary>Runs a backward pass and updates every parameter and its moments, blocks while it runs and all else at its end.</summary>
    /// <remarks>
    /// A gradient that is NaN or infinite ends the pass before it is applied. Blocks above, whose gradients came before, have been updated
    /// by then: to clip, or to leave weights whole in such a case, <see cref="Measure"/> the same pass first.
    /// </remarks>
    /// <param name="backward">A forward pass and one call of backward on its loss.</param>
    /// <param name="step">Number of the step, 1 for the first: the exponent of the bias corrections.</param>
    /// <param name="learningRate">Learning rate of this step.</param>
    /// <param name="gradientScale">What gradients are multiplied by first (clipping).</param>
    /// <returns>The norm of all gradients before scaling; NaN or infinite where one was, and then the step was not finished.</returns>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="step"/> is below 1.</exception>
    /// <exception cref="InvalidOperationException">A block was gone through twice, or its weights are used outside of it as
    /// well.</exception>
    public double Step(Action backward, long step, double learningRate, double gradientScale = 1)
    {
        ArgumentNullException.ThrowIfNull(backward);
        return Run(backward, optimizer.Numbers(step, learningRate, gradientScale));
    }

    /// <summary>Frees the memory of gradients; optimizer and stacks stay as they are.</summary>
    public void Dispose()
    {
        foreach (var block in blocks.Values) block.Dispose();
        memory.Dispose();
    }

    void IBlockObserver.BeforePass(Residual last) => Guarded(last, gradients =>
    {
        if (passed.Contains(gradients)) throw Twice(last);
    });

    void IBlockObserver.BeforeBackward(Residual block) => Guarded(block, gradients =>
    {
        if (!passed.Add(gradients)) throw Twice(block);
        RequireNone(gradients);
        gradients.Take();
    });

    void IBlockObserver.AfterBackward(Residual block) => Guarded(block, Consume);

    private static InvalidOperationException Twice(Residual block)
        => new($"The backward pass came to block {block.GetName()} twice. One forward pass and one backward pass make a step; to use a "
            + "stack several times in a loss, use AdamW alone.");

    // Blocks that have something to train, and the numbers of their parameters in the optimizer.
    private static List<(Residual Block, int[] Slots)> Blocks(AdamW optimizer, BdiaStack[] stacks)
    {
        var numbers = new Dictionary<object, int>(ReferenceEqualityComparer.Instance);
        for (var slot = 0; slot < optimizer.Slots.Count; slot++) numbers.Add(optimizer.Slots[slot].Parameter, slot);
        var blocks = stacks.SelectMany(stack => stack.Residuals)
            .Select(block => (Block: block,
                Slots: block.parameters().Where(numbers.ContainsKey).Select(parameter => numbers[parameter]).ToArray()))
            .Where(block => block.Slots.Length > 0).ToList();
        var shared = blocks.SelectMany(block => block.Slots).GroupBy(slot => slot).FirstOrDefault(uses => uses.Count() > 1);
        if (shared is not null)
            throw new ArgumentException($"Parameter {optimizer.Slots[shared.Key].Name} belongs to {shared.Count()} blocks, so that its "
                + "gradient is not whole until the backward pass is through all of them. Give each block its own, or use AdamW alone.",
                nameof(stacks));
        return blocks;
    }

    private static void RequireNone(BlockGradients block)
    {
        if (block.Present().FirstOrDefault() is { } name)
            throw new InvalidOperationException($"Parameter {name} has a gradient from outside of its block as well. The optimizer can "
                + "serve a block within the backward pass only if nothing else uses its weights; otherwise use AdamW alone.");
    }

    private double Run(Action backward, AdamWStep? numbers)
    {
        (this.numbers, fault, norm) = (numbers, null, double.NaN);
        passed.Clear();
        Array.Fill(sums, []);
        foreach (var block in blocks.Values) block.Release();
        AdamW.ZeroGradients(others);
        foreach (var stack in stacks) stack.Observer = this;
        try
        {
            backward();
            foreach (var block in blocks.Values) RequireNone(block);
        }
        catch (Exception) when (fault is NotFiniteNumberException)
        {
            return norm;
        }
        catch (Exception) when (fault is not null)
        {
            throw fault; // libtorch carries no managed exception through a backward pass
        }
        finally
        {
            foreach (var stack in stacks) stack.Observer = null;
            foreach (var block in blocks.Values) block.Release();
        }

        return Finish();
    }

    /// <summary>What no backward pass came to, and what is outside of blocks.</summary>
    private double Finish()
    {
        // A block that the loss does not depend on has a gradient of zero, and its weights decay, as in a step over all gradients.
        foreach (var block in blocks.Values.Where(block => !passed.Contains(block)))
        {
            block.Take();
            Consume(block);
        }

        using var gradients = optimizer.Gradients(others);
        Note(otherSlots, gradients);
        var norm = AdamWGradients.Norm(sums);
        if (this.numbers is { } numbers && double.IsFinite(norm)) gradients.Update(numbers);
        return norm;
    }

    private void Consume(BlockGradients block)
    {
        using (var gradients = block.Gradients())
        {
            Note(block.Slots, gradients);
            if (this.numbers is { } numbers)
            {
                norm = AdamWGradients.Norm(block.Slots.Select(slot => sums[slot]));
                if (!double.IsFinite(norm)) throw new NotFiniteNumberException("The gradient of a block is not finite.", norm);
                gradients.Update(numbers);
            }
        }

        block.Release();
    }

    private void Note(IReadOnlyList<int> slots, AdamWGradients gradients)
    {
        var sums = gradients.SumsOfSquares();
        for (var i = 0; i < sums.Length; i++) this.sums[slots[i]] = sums[i];
    }

    private void Guarded(Residual block, Action<BlockGradients> action)
    {
        try
        {
            if (blocks.TryGetValue(block, out var gradients)) action(gradients);
        }
        catch (Exception fault)
        {
            this.fault = fault;
            throw;
        }
    }
}
