// Trains a transformer that goes on with texts, from scratch, inside an ML.NET pipeline.
// All of ML.NET's part stands on this page. Data/ reads text, Stories/ makes some, Options/ is the command line, Reports/ is what is shown
// and written.

using Bdia.Core.Native;
using Bdia.MLNet;
using Bdia.Samples.Common.Options;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.TextGeneration.Data;
using Bdia.Samples.TextGeneration.Options;
using Bdia.Samples.TextGeneration.Reports;
using Microsoft.ML;

return CommandLine.Run(args, Train);

static int Train(SampleOptions options)
{
    var report = new RunReport(options);
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += report.Log;
    options = Checkpoints.Prepare(options, report.Note);
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;

    // 1. A column of texts.
    var data = DataSources.Load(options);
    var train = mlContext.Data.LoadFromEnumerable(data.Train);
    var test = mlContext.Data.LoadFromEnumerable(data.Test);
    report.Data(data);

    // 2. The trainer makes a vocabulary and trains the transformer. Ctrl+C ends training with the best model so far.
    using var ctrlC = new CtrlC();
    var monitor = new TrainingMonitor("tokens", "reading text", RunReport.Figures);
    var trainer = mlContext.TextGeneration.Trainers.Bdia(TrainerOptions.From(options, data, monitor, ctrlC.Token));
    using var model = monitor.Watch(() => trainer.Fit(train));
    report.Training(model.Model.Result!);

    // 3. How well it foresees texts that it has not seen, and what it writes behind prompts.
    var metrics = mlContext.TextGeneration.Evaluate(model, test);
    var written = mlContext.Data.Cache(model.Transform(mlContext.Data.LoadFromEnumerable(data.Prompts)));
    var rows = mlContext.Data.CreateEnumerable<Written>(written, reuseRowObject: false).ToList();
    report.Metrics(data, metrics, rows);

    // 4. Saved, and loaded where nothing of the above is known, it writes the same texts with the same scores.
    mlContext.Model.Save(model, train.Schema, options.Save);
    var bare = new MLContext();
    using var loaded = bare.Model.Load(options.Save, out _).Part<BdiaTextGenerationTransformer>();
    var identical = Written.Identical(written, loaded.Transform(mlContext.Data.LoadFromEnumerable(data.Prompts)));
    report.Write(data, monitor, model.Model, metrics, rows, identical);
    report.Html(data, model, metrics, rows, monitor);
    return identical ? 0 : Guard.Failed;
}
