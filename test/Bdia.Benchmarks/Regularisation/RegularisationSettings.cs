using Bdia.Core.Training;

namespace Bdia.Benchmarks.Regularisation;

/// <summary>One contender: a Compact vision transformer on few pictures of CIFAR, on one thread.</summary>
/// <param name="Data">Folder of the pictures.</param>
/// <param name="Method">What regularises it.</param>
/// <param name="Rows">Training rows, the first ones.</param>
/// <param name="HeldBack">Rows behind them that choose the best epoch.</param>
/// <param name="TestRows">Of the test file, the first ones; scored once, behind the last epoch.</param>
/// <param name="Epochs">Passes over the training rows.</param>
/// <param name="LearningRate">Peak; null is the library's choice.</param>
/// <param name="FractionBits">l of the grid, where there is one.</param>
/// <param name="Seed">Of everything random.</param>
/// <param name="Checkpoints">Folder in which the run keeps its own folder of checkpoints while it is under way.</param>
internal sealed record RegularisationSettings(string Data, RegularisationMethod Method, int Rows, int HeldBack, int TestRows, int Epochs,
    double? LearningRate, int FractionBits, int Seed, string Checkpoints)
{
    public override string ToString()
        => $"{Path.GetFileName(Data)}-{Rows}-{Method}-{Epochs}-{LearningRate?.ToString() ?? "auto"}-l{FractionBits}-seed{Seed}";
}

/// <summary>What a network tells of rows that it has not seen.</summary>
/// <param name="Accuracy">Share of right answers.</param>
/// <param name="LogLoss">Mean negative natural logarithm of the probability of the right class.</param>
/// <param name="CalibrationError">Mean distance, over 15 equal bins of the largest probability, of that and the share of right
/// answers.</param>
internal sealed record Judgement(double Accuracy, double LogLoss, double CalibrationError);

/// <summary>A judgement of the best epoch's weights, run in another way than they were trained for.</summary>
/// <param name="Gamma">The inference gamma.</param>
/// <param name="FractionBits">l; null without a grid.</param>
/// <param name="Test">Over the test rows.</param>
internal sealed record OtherInference(double Gamma, int? FractionBits, Judgement Test);

/// <summary>What one run came to.</summary>
/// <param name="History">Every epoch.</param>
/// <param name="BestEpoch">The best one by answers on held-back rows.</param>
/// <param name="Best">Its test rows.</param>
/// <param name="Last">The test rows of the last epoch's weights.</param>
/// <param name="Others">Of the best epoch's weights, other gammas and grids at inference; of the first seed, none for the
/// two-stream network.</param>
/// <param name="Notes">What the run said of itself.</param>
/// <param name="Seconds">Of training, all sittings together.</param>
/// <param name="Together">The best epoch's weights, the probabilities of eight passes with drawn γ averaged; null where no γ is
/// drawn, and for other seeds than the first.</param>
internal sealed record RegularisationFigures(IReadOnlyList<EpochResult> History, int BestEpoch, Judgement Best, Judgement Last,
    IReadOnlyList<OtherInference> Others, IReadOnlyList<string> Notes, double Seconds, Judgement? Together = null);
