using Bdia.Core.Numerics;
using Bdia.Core.Training;
using CsCheck;

namespace Bdia.Core.Tests.Training;

public sealed class ValidationSplitTests
{
    [Fact]
    public void A_stratified_split_has_every_class_in_proportion()
    {
        int[] labels = [.. Enumerable.Repeat(0, 600), .. Enumerable.Repeat(1, 300), .. Enumerable.Repeat(2, 100)];
        var held = ValidationSplit.Stratified(labels, 0.2, RandomSequence.At(1));
        Assert.Equal([120, 60, 20], Enumerable.Range(0, 3)
            .Select(c => Enumerable.Range(0, 1000).Count(row => held[row] && labels[row] == c)));
    }

    [Fact]
    public void The_total_is_right_and_every_class_keeps_a_row()
        => Gen.Select(Gen.Int[0, 4].Array[1, 60], Gen.Double[0.01, 0.99], Gen.ULong).Sample((labels, fraction, seed) =>
        {
            var held = ValidationSplit.Stratified(labels, fraction, RandomSequence.At(seed));
            var classes = labels.Distinct().ToArray();
            Assert.All(classes, c => Assert.Contains(Enumerable.Range(0, labels.Length), row => labels[row] == c && !held[row]));
            var wanted = Math.Max(1, (int)Math.Round(labels.Length * fraction, MidpointRounding.AwayFromZero));
            Assert.InRange(held.Count(h => h), Math.Min(wanted, labels.Length - classes.Length) - classes.Length, wanted);
        });

    [Fact]
    public void One_row_in_ten_of_two_classes_of_five_is_one_row()
        => Assert.Equal(1, ValidationSplit.Stratified([0, 1, 0, 1, 0, 1, 0, 1, 0, 1], 0.1, RandomSequence.At(3)).Count(h => h));

    [Fact]
    public void Of_many_rows_a_smaller_share_is_held_back_than_of_few()
        => Assert.Equal([10, 100, 120, 200, 480, 1280],
            ((int[])[100, 1000, 2000, 6000, 20_000, 60_000]).Select(rows => (int)Math.Round(rows * ValidationSplit.UsualFraction(rows))));

    [Fact]
    public void The_seed_decides()
    {
        int[] labels = [.. Enumerable.Range(0, 100).Select(i => i % 3)];
        Assert.Equal(ValidationSplit.Stratified(labels, 0.3, RandomSequence.At(1)),
            ValidationSplit.Stratified(labels, 0.3, RandomSequence.At(1)));
        Assert.NotEqual(ValidationSplit.Stratified(labels, 0.3, RandomSequence.At(1)),
            ValidationSplit.Stratified(labels, 0.3, RandomSequence.At(2)));
        Assert.Equal(30, ValidationSplit.Random(100, 0.3, RandomSequence.At(1)).Count(h => h));
        Assert.NotEqual(ValidationSplit.Random(100, 0.3, RandomSequence.At(1)), ValidationSplit.Random(100, 0.3, RandomSequence.At(2)));
    }

    [Fact]
    public void A_random_split_leaves_two_rows_to_train_on() =>
        Assert.Equal([0, 0, 1, 98], new[] { 1, 2, 3, 100 }
            .Select(count => ValidationSplit.Random(count, 0.99, RandomSequence.At(1)).Count(h => h)));
}
