using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Internals;

/// <summary>Stands in for an estimator to learn how ML.NET's cross-validation cuts data, without training anything.</summary>
internal sealed class FoldRecorder : IEstimator<ITransformer>
{
    private readonly List<IDataView> trainSets = [];

    /// <summary>Rows to train on, fold by fold.</summary>
    public IReadOnlyList<IDataView> TrainSets => trainSets;

    public ITransformer Fit(IDataView input)
    {
        trainSets.Add(input);
        return new TransformerChain<ITransformer>(); // gives back the rows to test on as they are
    }

    public SchemaShape GetOutputSchema(SchemaShape inputSchema) => inputSchema;
}
