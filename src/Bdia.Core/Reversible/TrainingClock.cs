using Bdia.Core.Numerics;

namespace Bdia.Core.Reversible;

/// <summary>
/// Where training stands. The training loop moves it; models read it. Everything random in a step is a function of
/// (<see cref="Seed"/>, <see cref="Step"/>, stream, block, row), so a resumed run needs no generator state to continue as if uninterrupted,
/// and a step draws alike whether its rows come in one batch or in several.
/// </summary>
/// <param name="seed">Seed of the run.</param>
public sealed class TrainingClock(ulong seed)
{
    private int strength;

    /// <summary>Seed of the run.</summary>
    public ulong Seed { get; set; } = seed;

    /// <summary>
    /// Number of the step over the whole run, from 0. Two passes with the same number and the same rows draw the same randomness.
    /// </summary>
    public long Step { get; set; }

    /// <summary>
    /// Number, within the step, of the first row of the batch at hand. Default 0; more where a step gathers several batches, or several
    /// machines share its rows.
    /// </summary>
    public long FirstRow { get; set; }

    /// <summary>Part of the run that is done, 0 to 1; what a <see cref="GammaSchedule"/> follows.</summary>
    public double Progress { get; set; }

    /// <summary>
    /// What <see cref="GammaSchedule.Automatic"/> has come to: the number of its strength, from 0 for ±1/32 to 5 for ±1/2. Default 0. The
    /// training loop moves it between epochs.
    /// </summary>
    public int Strength
    {
        get => strength;
        set => strength = value >= 0 && value <= GammaStrengths.Largest ? value
            : throw new ArgumentOutOfRangeException(nameof(value), value,
                $"The strength of gamma must be from 0 to {GammaStrengths.Largest}.");
    }

    /// <summary>Randomness for one block of one stream in the current step.</summary>
    /// <param name="stream">Number of the stack or layer that draws, so that two of them never share masks.</param>
    /// <param name="block">Number of the block in it.</param>
    public BlockRandom Random(int stream, int block) => new(Key(stream, block), FirstRow);

    internal ulong Key(int stream, int block)
        => SplitMix64.Derive(SplitMix64.Derive(SplitMix64.Derive(SplitMix64.Mix(Seed), (ulong)Step), (ulong)stream), (ulong)block);

    /// <summary>The clock as it stands now, for a backward pass that comes after the loop has moved on.</summary>
    internal TrainingClock Freeze() => new(Seed) { Step = Step, FirstRow = FirstRow, Progress = Progress, Strength = Strength };
}
