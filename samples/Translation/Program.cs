// Trains a transformer that translates, from scratch, inside an ML.NET pipeline.
// All of ML.NET's part stands on this page. Data/ reads text, Phrases/ makes some, Options/ is the command line, Reports/ is what is
// shown and written.

using Bdia.Core.Native;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.Common.Options;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.Translation;
using Bdia.Samples.Translation.Data;
using Bdia.Samples.Translation.Options;
using Bdia.Samples.Translation.Reports;
using Microsoft.ML;

return CommandLine.Run(args, options => options.Model is null ? Train(options) : Use(options, options.Model));

static int Train(SampleOptions options)
{
    var report = new RunReport(options);
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += report.Log;
    options = Checkpoints.Prepare(options, report.Note);
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;

    // 1. Two text columns.
    var data = DataSources.Load(options, report.Note);
    var train = mlContext.Data.LoadFromEnumerable(data.Train);
    var validation = data.Validation is null ? null : mlContext.Data.LoadFromEnumerable(data.Validation);
    report.Data(data);

    // 2. The trainer makes a vocabulary and trains the transformer. Ctrl+C ends training with the best model so far.
    using var ctrlC = new CtrlC();
    var monitor = new TrainingMonitor("tokens", "reading text", RunReport.Figures);
    var trainer = mlContext.SequenceToSequence.Trainers.Bdia(TrainerOptions.From(options, data, validation, monitor, ctrlC.Token));
    using var model = monitor.Watch(() => trainer.Fit(train));
    report.Training(model.Model.Result!);

    // 3. Test rows are translated in batches and compared with what they should be.
    var scored = data.Tests.Select(test => mlContext.Data.Cache(model.Transform(mlContext.Data.LoadFromEnumerable(test.Rows)))).ToArray();
    var metrics = scored.Select(rows => mlContext.SequenceToSequence.Evaluate(rows, nameof(TextPair.Target))).ToArray();
    report.Metrics(data, metrics, mlContext.Data.CreateEnumerable<Translated>(scored[0], reuseRowObject: false));

    // 4. Saved, and loaded where nothing of the above is known, it gives the same translations and scores.
    mlContext.Model.Save(model, train.Schema, options.Save);
    using var loaded = SavedModel.Load(new MLContext(), options.Save);
    var identical = Translated.Identical(scored[0], loaded.Transform(mlContext.Data.LoadFromEnumerable(data.Tests[0].Rows)));

    report.Write(data, monitor, model.Model, metrics, identical);
    report.Html(data, model, mlContext.Data.CreateEnumerable<Translated>(scored[0], reuseRowObject: false), monitor);
    Lines.Translate(mlContext, loaded, options.Translate);
    return identical ? 0 : Guard.Failed;
}

static int Use(SampleOptions options, string file)
{
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += Lines.Warn;
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;
    using var model = SavedModel.Load(mlContext, file);
    model.Decoding = TrainerOptions.Decoding(options, model.Decoding);

    if (options.Data is not null || options.Translate.Count == 0)
    {
        var report = new RunReport(options);
        var data = DataSources.Load(options, report.Note);
        var scored = data.Tests.Select(test => mlContext.Data.Cache(model.Transform(mlContext.Data.LoadFromEnumerable(test.Rows))))
            .ToArray();
        var metrics = scored.Select(rows => mlContext.SequenceToSequence.Evaluate(rows, nameof(TextPair.Target))).ToArray();
        report.Metrics(data, metrics, mlContext.Data.CreateEnumerable<Translated>(scored[0], reuseRowObject: false));
        report.Write(data, metrics);
    }

    Lines.Translate(mlContext, model, options.Translate);
    return 0;
}
