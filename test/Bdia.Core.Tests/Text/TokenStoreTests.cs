using Bdia.Core.Text;
using CsCheck;

namespace Bdia.Core.Tests.Text;

public class TokenStoreTests
{
    [Theory]
    [InlineData(4)]
    [InlineData(65_536)]
    [InlineData(65_537)]
    [InlineData(1_000_003)]
    public void Gives_back_what_was_added(int vocabulary) => Gen.Int[0, vocabulary - 1].Array[0, 40].List[0, 60].Sample(rows =>
    {
        rows.Add([vocabulary - 1]); // the largest id, in either width
        Check(vocabulary, rows);
    }, iter: 30);

    [Fact]
    public void Grows_over_blocks_and_takes_rows_larger_than_one()
    {
        int[] lengths = [200_000, 100_000, 0, 600_000, 1, 262_144, 3];
        Check(70_000, [.. lengths.Select((length, row) => Enumerable.Range(row, length).Select(i => i % 70_000).ToArray())]);
        Check(300, [.. lengths.Select((length, row) => Enumerable.Range(row, length).Select(i => i % 300).ToArray())]);
    }

    private static void Check(int vocabulary, List<int[]> rows)
    {
        var store = new TokenStore(vocabulary);
        foreach (var row in rows) store.Add(row);
        Assert.Equal((rows.Count, rows.Sum(row => (long)row.Length), rows.Max(row => row.Length)), (store.Count, store.Ids, store.Longest));
        for (var row = 0; row < rows.Count; row++)
        {
            var ids = new long[store.Length(row) + 1];
            ids[^1] = -7;
            store.CopyTo(row, ids);
            Assert.Equal([.. rows[row].Select(id => (long)id), -7], ids); // and nothing behind it
        }
    }
}
