using Bdia.Core.Distributed;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>Pictures in files that several processes train on: each loads and decodes its part, bad ones among them.</summary>
public class SharedPicturesTests
{
    private const int Count = 64;

    private sealed class Picture
    {
        private readonly Action loaded;

        public Picture(ImageRow row, Action loaded) => (File, Name, this.loaded) = (row.File, row.Name, loaded);

        private byte[] File { get; }

        public string Name { get; }

        // The view asks for it when its value is asked for, and not before.
        public byte[] Bytes
        {
            get
            {
                loaded();
                return File;
            }
        }
    }

    private static IDataView Rows(MLContext context, Action loaded)
    {
        var rows = ImageRows.Of(Count).ToList();
        foreach (var bad in (int[])[2, 5, 33]) rows[bad].File = [1, 2, 3];
        var view = context.Data.LoadFromEnumerable(rows.Select(row => new Picture(row, loaded)).ToList());
        return context.Transforms.Conversion.MapValueToKey("Label", nameof(Picture.Name)).Fit(view).Transform(view);
    }

    private static (ScoredRows Scores, int Loaded) Fit(RankGroup ranks)
    {
        var (context, loaded) = (new MLContext(1), 0);
        var options = ImageRows.Options(nameof(Picture.Bytes));
        options.BadImages = BadImagePolicy.Skip;
        (options.ImageHeight, options.ImageWidth, options.Seed) = (ImageRow.Side, ImageRow.Side, 3);
        options.Distributed = new() { Ranks = ranks, Parts = 4 };
        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(options)
            .Fit(Rows(context, () => loaded++));
        var rows = ImageRows.Labelled(context, ImageRows.Of(9));
        rows = context.Transforms.CopyColumns(nameof(Picture.Bytes), nameof(ImageRow.File)).Fit(rows).Transform(rows);
        return (ScoredRows.Of(model.Transform(rows), "Score"), loaded);
    }

    [Fact]
    public async Task Each_process_loads_its_part_and_all_get_the_model_of_one()
    {
        var alone = Fit(RankGroup.Alone);
        Assert.Equal(Count, alone.Loaded);

        var shared = await Task.WhenAll(InProcessRanks.Create(4).Select(rank => Task.Factory.StartNew(() => Fit(rank),
            TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)));

        Assert.All(shared, each => each.Scores.AssertEqual(alone.Scores));
        // A quarter, and rows 0, 1, 2, 4, 8, 16, 32, by which processes see whether they have the same.
        Assert.All(shared, each => Assert.InRange(each.Loaded, Count / 4, Count / 4 + 7));
    }
}
