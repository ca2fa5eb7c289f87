using Bdia.Core.Tensors;
using CsCheck;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Tensors;

public class WorkspaceTests
{
    private static readonly Gen<(int Kind, int Size, int Which)> Actions = Gen.Select(Gen.Int[0, 2], Gen.Int[1, 40], Gen.Int[0, 50]);

    [Fact]
    public void No_two_rented_tensors_share_memory_and_each_has_the_shape_and_type_that_was_asked_for()
        => Actions.Array[1, 60].Sample(actions =>
        {
            using var scope = NewDisposeScope();
            using var workspace = new Workspace(CPU);
            var rented = new List<(Tensor Tensor, float Value)>();
            foreach (var (kind, size, which) in actions)
            {
                if (kind == 0 && rented.Count > 0)
                {
                    workspace.Return(rented[which % rented.Count].Tensor);
                    rented.RemoveAt(which % rented.Count);
                    continue;
                }

                var type = kind == 1 ? ScalarType.Float32 : ScalarType.BFloat16;
                var tensor = workspace.Rent(type, size, 3);
                Assert.Equal((type, true), (tensor.dtype, tensor.is_contiguous()));
                Assert.Equal([size, 3], tensor.shape);
                if (which % 2 == 0) tensor = workspace.Shaped(tensor, 3, size);
                rented.Add((tensor.Fill(which), which));
                foreach (var (other, value) in rented) Assert.True(other.EqualTo(value).all().item<bool>());
            }
        });

    [Fact]
    public void What_is_returned_is_used_again()
    {
        using var workspace = new Workspace(CPU);
        for (var i = 0; i < 10; i++)
        {
            var (a, b) = (workspace.Rent(ScalarType.Float32, 4, 5), workspace.Rent(ScalarType.Float32, 20));
            workspace.Return(a);
            workspace.Return(b);
        }

        Assert.Equal(2 * 20 * sizeof(float), workspace.Bytes);
    }

    [Fact]
    public void What_is_not_needed_for_as_many_uses_as_a_step_has_is_freed()
    {
        using var workspace = new Workspace(CPU);
        workspace.Rent(ScalarType.Float32, 100);
        workspace.Reset();
        for (var use = 0; use < 4; use++)
        {
            Assert.Equal(400 + (use > 0 ? 40 : 0), workspace.Bytes);
            workspace.Rent(ScalarType.Float32, 10);
            workspace.Reset();
        }

        Assert.Equal(40, workspace.Bytes);
    }

    [Fact]
    public void Much_larger_memory_is_not_taken_for_something_small()
    {
        using var workspace = new Workspace(CPU);
        workspace.Return(workspace.Rent(ScalarType.Float32, 100));
        workspace.Rent(ScalarType.Float32, 10);
        Assert.Equal(440, workspace.Bytes);
    }
}
