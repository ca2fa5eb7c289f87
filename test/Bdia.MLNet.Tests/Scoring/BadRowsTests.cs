using Bdia.MLNet.Scoring;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Tests.Scoring;

public class BadRowsTests
{
    private readonly MLContext context = new();
    private readonly LogLines log;

    public BadRowsTests() => log = new LogLines(context);

    [Fact]
    public void The_first_rows_are_named_and_all_are_counted_also_where_the_reading_never_ends()
    {
        var badRows = new BadRows(context, skip: true, "left out", "Mend it.");
        for (var row = 0; row < 250; row++)
            badRows.Handle($"Row {row}", "the image is odd");

        var told = log.Of(ChannelMessageKind.Warning).ToList();
        Assert.Equal("Row 0: the image is odd. The row is left out.", told[0]);
        Assert.Equal(["10 rows so far could not be used and were left out.", "100 rows so far could not be used and were left "
            + "out."], told[5..]);

        badRows.Dispose();
        badRows.Dispose();
        Assert.Single(log.Of(ChannelMessageKind.Warning), "250 rows could not be used and were left out.");
    }

    [Fact]
    public void Where_nothing_is_skipped_the_first_one_ends_it_with_the_remedy()
        => Assert.Equal("Row 3: the image is odd. Mend it.",
            Assert.Throws<InvalidDataException>(
                () => new BadRows(context, skip: false, "left out", "Mend it.").Handle("Row 3", "the image is odd")).Message);
}
