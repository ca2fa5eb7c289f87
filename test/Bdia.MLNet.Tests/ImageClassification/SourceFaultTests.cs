using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>BadImages holds for every source, also where ML.NET would read ahead on threads of its own.</summary>
public sealed class SourceFaultTests : IDisposable
{
    private const int Missing = 13;

    private readonly MLContext context = new(1);
    private readonly TemporaryFolder folder = new();
    private readonly LogLines log;

    public SourceFaultTests()
    {
        log = new LogLines(context);
        foreach (var row in ImageRows.Of(24))
            File.WriteAllBytes(folder.File($"{row.Number}.png"), row.File);
    }

    public void Dispose() => folder.Dispose();

    private sealed class PathRow
    {
        public string Name { get; set; } = "";

        public string Path { get; set; } = "";
    }

    private IDataView Paths()
        => context.Data.LoadFromEnumerable(
        ImageRows.Of(24).Select(row => new PathRow { Name = row.Name, Path = row.Number == Missing ? "nowhere.png" : $"{row.Number}.png" })
        .ToList());

    /// <summary>Rows whose file is read by one of ML.NET's loaders, with the label before or after it.</summary>
    private IDataView Rows(string loader, IDataView? paths = null)
    {
        paths ??= Paths();
        var key = context.Transforms.Conversion.MapValueToKey("Label", "Name");
        return loader switch
        {
            "bytes" => context.Transforms.LoadRawImageBytes("File", folder.Path, "Path").Append(key).Fit(paths).Transform(paths),
            "label first" => key.Append(context.Transforms.LoadRawImageBytes("File", folder.Path, "Path")).Fit(paths).Transform(paths),
            _ => context.Transforms.LoadImages("File", folder.Path, "Path").Append(key).Fit(paths).Transform(paths),
        };
    }

    private BdiaImageClassificationTransformer Fit(IDataView data, BadImagePolicy policy)
    {
        var options = ImageRows.Options("File", epochs: 1);
        options.BadImages = policy;
        return context.MulticlassClassification.Trainers.BdiaImageClassification(options).Fit(data);
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("label first")]
    [InlineData("images")]
    public void A_file_that_is_not_there_is_a_bad_image_of_its_row(string loader)
    {
        var data = Rows(loader);

        Assert.StartsWith($"Row {Missing}: the image cannot be loaded (",
            Assert.Throws<InvalidDataException>(() => Fit(data, BadImagePolicy.Throw)).Message, StringComparison.Ordinal);
        using var model = Fit(data, BadImagePolicy.Skip);
        Assert.Contains("1 row could not be used and was left out.", log.Of(ChannelMessageKind.Warning));
        var scores = model.Transform(data).GetColumn<float[]>("Score").ToList();
        Assert.Equal([Missing], scores.Index().Where(row => float.IsNaN(row.Item[0])).Select(row => row.Index));
        Assert.Equal(24, scores.Count);
    }

    [Theory]
    [InlineData("bytes")]
    [InlineData("label first")]
    [InlineData("images")]
    public void The_rows_before_it_are_served_first(string loader)
    {
        using var model = Fit(Rows(loader), BadImagePolicy.Skip);
        model.BadImages = BadImagePolicy.Throw;
        var view = model.Transform(Rows(loader));
        using var cursor = view.GetRowCursor(view.Schema.Where(column => column.Name is "Score" or "Name"));
        var read = ScoredRows.Reader(cursor, view.Schema["Score"]);

        for (var row = 0; row < Missing; row++)
        {
            Assert.True(cursor.MoveNext());
            Assert.All((float[])read(), score => Assert.True(float.IsFinite(score)));
        }
        Assert.StartsWith($"Row {Missing}: the image cannot be loaded (",
            Assert.Throws<InvalidDataException>(() => cursor.MoveNext()).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("filter")]
    [InlineData("rows before the files")]
    public void Steps_in_between_lose_no_row(string step)
    {
        var view = step switch
        {
            "filter" => context.Data.FilterByCustomPredicate(Rows("bytes"), (PathRow row) => row.Path == "0.png"),
            _ => Rows("bytes", context.Data.ShuffleRows(
                context.Data.TrainTestSplit(context.Data.TakeRows(Paths(), 24), testFraction: 0.01, seed: 1).TrainSet, seed: 2)),
        };

        using var model = Fit(view, BadImagePolicy.Skip);

        var paths = view.GetColumn<string>("Path").ToList();
        Assert.Equal([paths.IndexOf("nowhere.png")],
            model.Transform(view).GetColumn<float[]>("Score").Index().Where(row => float.IsNaN(row.Item[0])).Select(row => row.Index));
    }

    [Theory]
    [InlineData("take", BadImagePolicy.Throw)]
    [InlineData("take", BadImagePolicy.Skip)]
    [InlineData("split", BadImagePolicy.Skip)]
    [InlineData("shuffle", BadImagePolicy.Skip)]
    [InlineData("cache", BadImagePolicy.Skip)]
    public void Where_ML_NET_reads_ahead_all_the_same_the_reason_and_the_remedy_are_told(string step, BadImagePolicy policy)
    {
        var view = step switch
        {
            "take" => context.Data.TakeRows(Rows("bytes"), 24),
            "split" => context.Data.TrainTestSplit(Rows("bytes"), testFraction: 0.01, seed: 1).TrainSet,
            "cache" => context.Data.Cache(Rows("bytes")),
            _ => context.Data.ShuffleRows(Rows("bytes"), seed: 2),
        };

        var error = Assert.Throws<InvalidDataException>(() => Fit(view, policy));

        Assert.StartsWith("A row could not be read: ", error.Message, StringComparison.Ordinal);
        Assert.Contains("nowhere.png", error.Message, StringComparison.Ordinal);
        Assert.Contains("Put TrainTestSplit, TakeRows, SkipRows, ShuffleRows and Cache before the step that loads files",
            error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Steps_behind_the_model_get_every_row()
    {
        using var model = Fit(Rows("bytes"), BadImagePolicy.Skip);
        var scored = model.Transform(Rows("bytes"));

        var named = context.Transforms.Conversion.MapKeyToValue("Guess", "PredictedLabel").Fit(scored).Transform(scored);

        Assert.Equal([Missing], named.GetColumn<string>("Guess").Index().Where(row => row.Item.Length == 0).Select(row => row.Index));
        Assert.Contains(log.Of(ChannelMessageKind.Warning),
            line => line.StartsWith($"Row {Missing}: the image cannot be loaded (", StringComparison.Ordinal));
    }
}
