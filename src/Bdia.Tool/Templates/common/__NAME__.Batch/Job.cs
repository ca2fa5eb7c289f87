using __NAME___Model;
using Bdia.Data.Tables;
using Microsoft.ML;

namespace __NAME___Batch;

/// <summary>Scores rows in batches, in their order. A row that cannot be scored has no prediction, and does not end the job.</summary>
public static class Job
{
    private const int BatchRows = 256;

    public static (long Rows, long Bad) Run(string input, string output)
    {
        var mlContext = new MLContext();
        var pipeline = __NAME__.Load(mlContext, __NAME__.ModelPath);
        using (pipeline as IDisposable)
        {
            var (rows, bad) = (0L, 0L);
            var (columns, items) = Items.Open(input);
            TableFile.Write(output, [.. columns, .. __NAME__.OutputColumns.Select(column => new TableColumn(column.Name, column.Type))],
                items.Chunk(BatchRows).SelectMany(batch => Score(mlContext, pipeline, batch)).Select(row =>
                {
                    rows++;
                    if (row.Answer is null) bad++;
                    return (IReadOnlyList<object?>)[.. row.Values, .. row.Answer ?? new object?[__NAME__.OutputColumns.Count]];
                }));
            return (rows, bad);
        }
    }

    // A batch with a bad row in it is scored row by row.
    private static IEnumerable<(IReadOnlyList<object?> Values, object?[]? Answer)> Score(MLContext mlContext, ITransformer pipeline,
        (IReadOnlyList<object?> Values, __NAME__.ModelInput? Input)[] batch)
    {
        var inputs = batch.Where(row => row.Input is not null).Select(row => row.Input!).ToArray();
        if (Answers(mlContext, pipeline, inputs) is not { } answers)
            return batch.SelectMany(row => batch.Length > 1 ? Score(mlContext, pipeline, [row]) : [(row.Values, null)]);
        var next = new Queue<object?[]>(answers);
        return batch.Select(row => (row.Values, row.Input is null ? null : (object?[]?)next.Dequeue()));
    }

    private static object?[][]? Answers(MLContext mlContext, ITransformer pipeline, __NAME__.ModelInput[] inputs)
    {
        try
        {
            return [.. mlContext.Data.CreateEnumerable<__NAME__.ModelOutput>(pipeline.Transform(mlContext.Data.LoadFromEnumerable(inputs)),
                reuseRowObject: false).Select(__NAME__.OutputValues)];
        }
        catch (Exception fault) when (fault.GetBaseException() is InvalidDataException)
        {
            return null;
        }
    }
}
