using Bdia.Core.Training;
using Bdia.MLNet;
using Bdia.Reports;
using Bdia.Reports.Content;
using Bdia.Reports.Inspecting;
using Bdia.Reports.Rows;
using Bdia.Samples.Common.Options;

namespace Bdia.Samples.Common.Reports;

/// <summary>The report that can be shown to others: one HTML file, the same that the command bdia writes.</summary>
internal static class HtmlReport
{
    /// <summary>Writes it to <see cref="RunOptions.Report"/>.</summary>
    /// <param name="options">The run's options, which it tells.</param>
    /// <param name="task">What was learnt, as the command has it: translation.</param>
    /// <param name="title">What the model is, behind "a".</param>
    /// <param name="data">The rows, those for testing among them.</param>
    /// <param name="model">The model.</param>
    /// <param name="evaluation">What it makes of the test rows.</param>
    /// <param name="training">How training went.</param>
    /// <param name="monitor">What the trainer reported.</param>
    /// <param name="seconds">Seconds of the whole run.</param>
    public static void Save(RunOptions options, string task, string title, RowSets data, BdiaTransformer model, Evaluation evaluation,
        TrainingResult training, TrainingMonitor monitor, double seconds)
    {
        var test = data.Test ?? [];
        var facts = RunFacts.Of(task, data.Name, data, training, evaluation, test.Count, options.Command,
            RunFacts.OptionsOf(options, nameof(options.Command)));
        Report.Write(options.Report, new()
        {
            Facts = facts, Title = title, Model = model, Evaluation = evaluation, Steps = monitor.Steps, Training = data.Train,
            Inspection = Inspection.Of(data, test),
            Seconds = new Dictionary<string, double>
            {
                ["training"] = training.SecondsTraining, ["all else"] = Math.Max(0, seconds - training.SecondsTraining),
            },
        });
    }
}
