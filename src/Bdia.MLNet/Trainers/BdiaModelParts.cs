using Microsoft.ML;

namespace Bdia.MLNet;

/// <summary>Finds Bdia's models in what ML.NET makes of them.</summary>
public static class BdiaModelParts
{
    /// <summary>The one Bdia model in a fitted or loaded pipeline, to change how it scores or to look at it.</summary>
    /// <param name="model">A transformer, or a chain with one somewhere in it.</param>
    /// <typeparam name="TTransformer">Which: <see cref="BdiaImageClassificationTransformer"/>,
    /// <see cref="BdiaSequenceToSequenceTransformer"/>, <see cref="BdiaTextGenerationTransformer"/>.</typeparam>
    /// <returns>The transformer itself: what is set on it holds for the chain.</returns>
    /// <exception cref="InvalidOperationException">There is none of that kind in it, or more than one.</exception>
    public static TTransformer Part<TTransformer>(this ITransformer model) where TTransformer : BdiaTransformer
    {
        ArgumentNullException.ThrowIfNull(model);
        return In(model).ToArray() switch
        {
            [var one] => one,
            { Length: var count } => throw new InvalidOperationException(
                $"There are {count} models of kind {typeof(TTransformer).Name} in this pipeline, where one is looked for. Ask the "
                    + "transformers of the chain one by one (OfType)."),
        };

        static IEnumerable<TTransformer> In(ITransformer transformer) => transformer switch
        {
            TTransformer found => [found],
            IEnumerable<ITransformer> chain => chain.SelectMany(In),
            _ => [],
        };
    }
}
