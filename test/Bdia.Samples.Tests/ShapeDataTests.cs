using Bdia.Data.Pictures;
using Bdia.Samples.ImageClassification.Shapes;

namespace Bdia.Samples.Tests;

public sealed class ShapeDataTests
{
    [Fact]
    public void A_picture_depends_on_seed_part_and_index_alone()
    {
        var few = ShapeData.Rows(20, seed: 5, part: 0);
        var many = ShapeData.Rows(60, seed: 5, part: 0);

        for (var i = 0; i < few.Count; i++)
        {
            Assert.Equal(many[i].Pixels, few[i].Pixels);
            Assert.Equal(many[i].Class, few[i].Class);
        }
    }

    [Fact]
    public void Other_seeds_and_parts_give_other_pictures()
    {
        string[] pictures = [.. new[] { (1, 0u), (2, 0u), (1, 1u) }
            .SelectMany(sequence => ShapeData.Rows(50, sequence.Item1, sequence.Item2))
                .Select(picture => Convert.ToHexString(picture.Pixels))];

        Assert.Equal(pictures.Length, pictures.Distinct().Count());
    }

    [Fact]
    public void Classes_take_turns_and_pictures_have_the_stated_size()
    {
        var rows = ShapeData.Rows(40, seed: 1, part: 0);

        Assert.All(rows.GroupBy(row => row.Class), group => Assert.Equal(4, group.Count()));
        Assert.Equal(Glyphs.All.Select(glyph => glyph.Name), rows.Take(10).Select(row => row.Class));
        Assert.All(rows, row => Assert.Equal(3 * ShapeData.PictureSize * ShapeData.PictureSize, row.Pixels.Length));
    }

    [Fact]
    public void Every_glyph_covers_a_part_of_its_frame_and_stays_inside_it()
    {
        foreach (var (name, distance) in Glyphs.All)
        {
            var (inside, total) = (0, 0);
            for (var x = -1.2f; x <= 1.2f; x += 0.02f)
            {
                for (var y = -1.2f; y <= 1.2f; y += 0.02f)
                {
                    total++;
                    if (distance(x, y) >= 0) continue;
                    inside++;
                    Assert.True((x * x) + (y * y) <= 1.6f, $"{name} reaches {x}, {y}");
                }
            }

            Assert.InRange((double)inside / total, 0.1, 0.5);
        }
    }
}
