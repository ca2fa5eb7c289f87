using Microsoft.ML;

namespace Bdia.MLNet.Scoring;

/// <summary>
/// How the columns of a scored view lie: the source's columns first, at their own indices, then the model's.
/// </summary>
internal sealed class ScoringBindings
{
    private readonly IReadOnlyList<DataViewSchema.Column> inputs;

    public ScoringBindings(DataViewSchema source, IBatchModel model)
    {
        Source = source;
        inputs = model.InputColumns(source);
        var builder = new DataViewSchema.Builder();
        foreach (var column in source)
            builder.AddColumn(column.Name, column.Type, model.AnnotationsOf(column));
        foreach (var column in model.OutputColumns(source))
            builder.AddColumn(column.Name, column.Type, column.Annotations);
        Schema = builder.ToSchema();
    }

    public DataViewSchema Source { get; }

    public DataViewSchema Schema { get; }

    public bool IsOutput(int column) => column >= Source.Count;

    /// <summary>Which columns of <see cref="Schema"/> are wanted, by index.</summary>
    public bool[] Active(IEnumerable<DataViewSchema.Column> wanted)
    {
        var active = new bool[Schema.Count];
        foreach (var column in wanted)
        {
            if (column.Index >= Schema.Count || Schema[column.Index].Name != column.Name)
                throw new ArgumentException($"Column '{column.Name}' with index {column.Index} is not a column of this view.",
                    nameof(wanted));
            active[column.Index] = true;
        }
        return active;
    }

    public bool AnyOutput(bool[] active) => active.AsSpan(Source.Count).Contains(true);

    /// <summary>
    /// What has to be read from the source: the wanted columns of its own, and the model's inputs where an output is wanted.
    /// </summary>
    public IEnumerable<DataViewSchema.Column> SourceColumns(bool[] active)
    {
        var wanted = Source.Where(column => active[column.Index]);
        return AnyOutput(active) ? wanted.UnionBy(inputs, column => column.Index) : wanted;
    }
}
