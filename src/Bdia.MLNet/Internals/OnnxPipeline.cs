using Microsoft.ML.Data;
using Microsoft.ML.Model.OnnxConverter;

namespace Bdia.MLNet.Internals;

/// <summary>The graph into which ML.NET's <c>ConvertToOnnx</c> gathers the steps of a pipeline.</summary>
/// <remarks>It knows values and columns by one set of names: what is no column has a prefix, so that it takes no column's name.</remarks>
internal sealed class OnnxPipeline(OnnxContext context)
{
    /// <summary>The version of the operators that ML.NET writes unless it is asked for an older one.</summary>
    public const int Opset = 12;

    private const string Prefix = "bdia/";

    /// <summary>Makes sure that no older version was asked for.</summary>
    /// <exception cref="ArgumentOutOfRangeException">One was; ML.NET's own words name it.</exception>
    public void RequireOpset(string step) => context.CheckOpSetVersion(Opset, step);

    /// <summary>Whether a column is in the graph: an input of the pipeline, or what an earlier step gives.</summary>
    public bool Has(string column) => context.ContainsColumn(column);

    /// <summary>The value of a column.</summary>
    public string Column(string column) => context.GetVariableName(column);

    /// <summary>Makes a column of a value.</summary>
    public void AddColumn(DataViewType type, string column, string value)
        => context.CreateNode("Identity", value, context.AddIntermediateVariable(type, column), context.GetNodeName(Prefix + column), "");

    /// <summary>Adds a node, and gives the names of its results.</summary>
    public IReadOnlyList<string> AddNode(
        string op, string name, IReadOnlyList<string> inputs, int outputs, IEnumerable<(string Name, object Value)> attributes)
    {
        var results = Enumerable.Range(0, outputs).Select(_ => context.AddIntermediateVariable(null, Prefix + name, skip: true)).ToArray();
        var node = context.CreateNode(op, inputs, results, context.GetNodeName(Prefix + name), "");
        foreach (var (attribute, value) in attributes)
        {
            switch (value)
            {
                case long number: node.AddAttribute(attribute, number); break;
                case float number: node.AddAttribute(attribute, (double)number); break;
                case long[] numbers: node.AddAttribute(attribute, numbers); break;
                default: throw new NotSupportedException($"Attribute '{attribute}' is a {value.GetType()}.");
            }
        }

        return results;
    }

    /// <summary>Adds a number without dimensions.</summary>
    public string AddNumber(string name, float value) => context.AddInitializer(value, Prefix + name);

    /// <summary>Adds a whole number without dimensions.</summary>
    public string AddInteger(string name, long value) => context.AddInitializer(value, Prefix + name);

    /// <summary>Adds whole numbers in one dimension.</summary>
    public string AddIntegers(string name, IReadOnlyList<long> values) => context.AddInitializer(values, [values.Count], Prefix + name);

    /// <summary>Adds numbers of a shape.</summary>
    public string AddNumbers(string name, IReadOnlyList<float> values, IReadOnlyList<long> shape)
        => context.AddInitializer(values, shape, Prefix + name);
}
