namespace Bdia.Tool.Training;

/// <summary>A figure, and how people read it.</summary>
internal sealed record Figure(string Name, double Value, string Shown);

/// <summary>Rows with what a model makes of them, and the figures.</summary>
/// <param name="Figures">The figures, the most important first.</param>
/// <param name="Rows">Rows with predictions; those of a language model are a few that were gone on with.</param>
/// <param name="Classes">Names of the classes in the order of scores; empty where there are none.</param>
internal sealed record Evaluation(IReadOnlyList<Figure> Figures, IReadOnlyList<(DataRow Row, Prediction Prediction)> Rows,
    IReadOnlyList<string> Classes);
