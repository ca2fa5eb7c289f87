using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Operations;

/// <summary>What is added to a chain is done for every sequence once, in order, however many threads there are.</summary>
public class RowChainTests
{
    [Theory]
    [InlineData(1, 5)]
    [InlineData(3, 40)]
    [InlineData(64, 40)]
    [InlineData(50, 65)]
    public void Every_stage_meets_every_sequence_once_behind_the_stage_before(int sequences, int tokens)
    {
        using var workspace = new Workspace(CPU);
        var chain = new RowChain(workspace, sequences, tokens, ScalarType.Float32, allowed: true);
        Assert.SkipUnless(chain.IsOpen, "There are no products here that a chain could call.");
        int[] first = new int[sequences], second = new int[sequences];
        chain.Add(stretch =>
        {
            for (var i = stretch.First; i < stretch.End; i++) first[i]++;
        });
        chain.Add(stretch =>
        {
            for (var i = stretch.First; i < stretch.End; i++) second[i] += first[i];
        });
        chain.Run();
        chain.Run(); // nothing is left
        Assert.All(first, count => Assert.Equal(1, count));
        Assert.All(second, count => Assert.Equal(1, count));
    }

    [Fact]
    public void Stretches_are_a_power_of_two_that_the_shape_alone_decides()
    {
        using var workspace = new Workspace(CPU);
        Assert.Equal([1, 16, 32, 3], new[] { (2, 9), (64, 40), (64, 65), (3, 400) }
            .Select(shape => new RowChain(workspace, shape.Item1, shape.Item2, ScalarType.Float32, allowed: true).Stretches));
    }

    [Fact]
    public void What_is_returned_stays_until_the_stages_before_have_run()
    {
        using var workspace = new Workspace(CPU);
        var chain = new RowChain(workspace, 2, 3, ScalarType.Float32, allowed: true);
        var tensor = workspace.Rent(ScalarType.Float32, 6);
        chain.Add(_ => { });
        chain.Return(tensor);
        Assert.True(workspace.Has(tensor));
        chain.Run();
        Assert.False(workspace.Has(tensor));
    }

    [Fact]
    public void Of_few_long_sequences_there_is_none()
    {
        using var workspace = new Workspace(CPU);
        Assert.False(new RowChain(workspace, 4, 1000, ScalarType.Float32, allowed: true).IsOpen);
        Assert.False(new RowChain(workspace, 64, 40, ScalarType.Float32, allowed: false).IsOpen);
    }
}
