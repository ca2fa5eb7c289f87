using Bdia.Core.Layers;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Tests.Reversible;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Layers;

public class EmbeddingTests
{
    [Fact]
    public void Tokens_start_at_order_one_and_logits_of_such_states_do_too()
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        using var generator = new Generator(1);
        using var layer = new TokenEmbedding(2000, 64, generator);

        var tokens = layer.forward(TensorIds(0, 1999, 5).view(3, 1));

        Assert.Equal([3, 1, 64], tokens.shape);
        // 128,000 draws know a deviation to 0.2 %.
        Assert.Equal(1 / Math.Sqrt(64), layer.get_parameter("weight")!.std().item<float>(), 0.01 / 8);
        Assert.True(tokens[1].squeeze(0).allclose(layer.get_parameter("weight")![1999].Times(8), 1e-6, 0));
        Assert.Equal(1, layer.Output(ComputePrecision.Float32).Logits(Stacks.Normal(3, 50, 64)).std().item<float>(), 0.05);
    }

    [Fact]
    public void Learned_places_start_as_the_sinusoidal_ones()
    {
        using var scope = NewDisposeScope();
        using var layer = new LearnedPositions(9, 8);

        Assert.True(layer.Rows(2, 5).Equals(SinusoidalPositions.Rows(2, 5, 8, CPU)));
    }

    [Fact]
    public void The_gradient_of_an_id_is_the_sum_over_its_places()
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new TokenEmbedding(7, 4, generator);
        var weight = Stacks.Normal(2, 5, 4);

        (layer.forward(TensorIds(3, 1, 3, 6, 3)) * weight).sum().backward();

        var expected = zeros(7, 4);
        foreach (var (id, place) in new[] { 3, 1, 3, 6, 3 }.Select((id, place) => (id, place)))
            expected[id].PlusInPlace(weight[place], 2); // √4
        Assert.True(expected.allclose(layer.get_parameter("weight")!.grad!, 1e-6, 1e-6));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(7)]
    [InlineData(long.MaxValue)]
    public void An_id_beyond_the_vocabulary_is_refused_with_its_value(long id)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator(1);
        using var layer = new TokenEmbedding(7, 4, generator);
        Assert.StartsWith($"Id {id} is not in the vocabulary, whose ids are 0 to 6.",
            Assert.Throws<ArgumentException>(() => layer.forward(TensorIds(3, id, 2))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Ids_that_are_no_integers_are_refused()
    {
        using var generator = new Generator(1);
        using var layer = new TokenEmbedding(7, 4, generator);
        using var ids = zeros(2);
        Assert.StartsWith("Ids are Float32; they must be Int64.", Assert.Throws<ArgumentException>(() => layer.forward(ids)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Sinusoidal_positions_follow_the_published_formula()
    {
        foreach (var width in new[] { 8, 5 })
        {
            using var rows = SinusoidalPositions.Rows(0, 40, width, CPU);
            for (var place = 0; place < 40; place++)
            {
                for (var i = 0; i < width; i++)
                {
                    var angle = place / Math.Pow(10_000, 2.0 * (i / 2) / width);
                    Assert.Equal(i % 2 == 0 ? Math.Sin(angle) : Math.Cos(angle), rows[place, i].item<float>(), 1e-6);
                }
            }

            using var later = SinusoidalPositions.Rows(13, 4, width, CPU);
            Assert.True(later.Equals(rows.narrow(0, 13, 4)));
        }
    }

    [Fact]
    public void Kept_keys_and_values_survive_growth_and_are_copied_where_rows_went_on_from_others()
    {
        using var scope = NewDisposeScope();
        using var buffer = new KeyValueCache(2, 3, 4, CPU);
        var (written, places) = (new List<Tensor>(), new TokenPlaces(2));
        for (var position = 0; position < 70; position++)
        {
            if (position == 40) Select(1, 1, 0);
            if (position == 60) Select(2, 1);
            written.Add(Stacks.Normal((ulong)position, places.Rows, 1, 2, 3, 4));
            buffer.Write(written[^1], position);
            places.Write(position, 1);
        }

        Assert.False(places.ArePlain);
        buffer.Settle(places);
        places.Settle();

        Assert.True(cat(written, 1).Equals(buffer.Memory.narrow(1, 0, 70))); // (R, N, 2, H, Dh)
        Assert.All(new[] { 0, 1 }, row => Assert.All(places.Of(row).ToArray(), place => Assert.Equal(row, place)));

        void Select(params long[] rows)
        {
            for (var i = 0; i < written.Count; i++) written[i] = written[i].index_select(0, TensorIds(rows));
            places.Select(rows);
        }
    }

    private static Tensor TensorIds(params long[] ids) => tensor(ids);
}
