using Bdia.Core.ImageClassification;
using Bdia.Core.Training;

namespace Bdia.Core.Tests.ImageClassification;

public sealed class ImageSurveyTests
{
    private static ImageSurvey Survey(IImageRows rows, long budget = long.MaxValue, bool hash = false, Func<bool>? stop = null)
        => ImageSurvey.Of(rows, "training", new ImageShape(1, 8, 8), 2, budget, hash, new StopSignal(stop, null, CancellationToken.None));

    private static string Fault(ToyImages rows) => Assert.Throws<InvalidDataException>(() => Survey(rows)).Message;

    [Fact]
    public void A_bad_row_is_named_with_its_fault_and_the_remedy()
    {
        Assert.Equal(
            "Row 5 of the training data has 63 pixel values; images of 1 x 8 x 8 need 64. Resize it, or leave it out.",
            Fault(new ToyImages(9) { Change = (row, image) => row == 5 ? image with { Pixels = new float[63] } : image }));
        Assert.Equal(
            "Row 3 of the training data has label 2; with 2 classes labels are 0..1. Correct it, or raise the number of classes.",
            Fault(new ToyImages(9) { Change = (row, image) => row == 3 ? image with { Label = 2 } : image }));
        Assert.Equal(
            "Row 4 of the training data has the value NaN at position 10; pixels must be finite. Replace it, or leave the row out.",
            Fault(new ToyImages(9) { Change = (row, image) => row == 4
                ? image with { Pixels = [.. image.Pixels.Select((p, i) => i == 10 ? float.NaN : p)] } : image }));
        Assert.Contains("no usable row", Fault(new ToyImages(0)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_hash_tells_other_pixels_and_labels_apart()
    {
        var hashes = new[]
        {
            Survey(new ToyImages(9), hash: true).Hash,
            Survey(new ToyImages(9), budget: 1, hash: true).Hash,
            Survey(new ToyImages(9, seed: 2), hash: true).Hash,
            Survey(new ToyImages(9) { Change = (row, image) => image with { Label = row == 8 ? 1 : image.Label } }, hash: true).Hash,
        };
        Assert.Equal(hashes[0], hashes[1]);
        Assert.Equal(3, hashes.Distinct().Count());
        Assert.Null(Survey(new ToyImages(9)).Hash);
    }

    [Fact]
    public void Pixels_beyond_the_budget_are_not_kept()
    {
        Assert.NotNull(Survey(new ToyImages(9), budget: 9 * 64).Store);
        Assert.Null(Survey(new ToyImages(9), budget: 9 * 64 - 1).Store);
        Assert.Null(Survey(new ToyImages(9, whole: false), budget: 9 * 64).Store);
    }

    [Fact]
    public void The_first_pass_can_be_cancelled()
    {
        var rows = new ToyImages(100);
        Assert.Throws<OperationCanceledException>(() => Survey(rows, stop: () => rows.RowsRead == 7));
        Assert.Equal(7, rows.RowsRead);
    }

    [Fact]
    public void All_faults_of_the_options_come_in_one_message()
    {
        var options = new ImageTrainingOptions { AugmentCropPadding = -1, MixupAlpha = -2, ClassWeights = [1, 0, 2],
            ValidationFraction = 1, PixelCacheBytes = 0 };
        var message = Assert.Throws<ArgumentException>(() => options.Validate(2)).Message;
        string[] parts = ["AugmentCropPadding is -1", "MixupAlpha is -2", "ClassWeights is of length 3",
            "ClassWeights[1] is 0", "ValidationFraction is 1", "PixelCacheBytes is 0"];
        Assert.All(parts, part => Assert.Contains(part, message, StringComparison.Ordinal));
    }
}
