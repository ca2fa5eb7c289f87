namespace Bdia.Benchmarks.Training;

/// <summary>Medians over the processes of one contender.</summary>
internal sealed class TrainingSummary(TrainingSettings settings, IReadOnlyList<TrainingFigures> runs)
{
    public TrainingSettings Settings => settings;

    public IReadOnlyList<TrainingFigures> Runs => runs;

    public double SecondsPerStep => Median(r => r.SecondsPerStep);

    /// <summary>Processor time of all threads; 0 where that was not measured.</summary>
    public double ProcessorSecondsPerStep => Median(r => r.ProcessorSecondsPerStep);

    public string Spread => Statistics.Spread([.. runs.Select(r => r.SecondsPerStep)], "F2");

    public double PeakBytes => Median(r => r.PeakBytes);

    public double IdleBytes => Median(r => r.IdleBytes);

    /// <summary>The peak less what was resident with model, gradients and optimizer before the first step.</summary>
    public double OverIdleBytes => Median(r => r.PeakBytes - r.IdleBytes);

    public long SideInformationBytes => runs[0].SideInformationBytes;

    /// <summary>
    /// Operations of matrix products that a step executes, per second, over what a large product reaches in the same processes.
    /// </summary>
    public double ShareOfMatrixRate => Median(r => TrainingFlops.PerStep(settings) / r.SecondsPerStep / r.MatrixRate);

    /// <summary>The same over the processor's own limit of float32; null where that was not measured, and in bfloat16.</summary>
    public double? ShareOfLimit => runs.Any(r => r.ArithmeticLimit == 0) || settings.Precision != Core.Operations.ComputePrecision.Float32
        ? null : Median(r => TrainingFlops.PerStep(settings) / r.SecondsPerStep / r.ArithmeticLimit);

    /// <summary>Operations of matrix products in a step.</summary>
    public double FlopsPerStep => TrainingFlops.PerStep(settings);

    private double Median(Func<TrainingFigures, double> figure) => Statistics.Median(runs.Select(figure));
}
