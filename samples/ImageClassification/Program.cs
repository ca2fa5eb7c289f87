// Trains a vision transformer from scratch inside an ML.NET pipeline, and shows what that gains over a linear model.
// All of ML.NET's part stands on this page. Data/ reads pictures, Shapes/ draws them, Options/ is the command line,
// Reports/ is what is shown and written.

using Bdia.Core.Native;
using Bdia.MLNet;
using Bdia.Samples.Common.Options;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.ImageClassification;
using Bdia.Samples.ImageClassification.Data;
using Bdia.Samples.ImageClassification.Options;
using Bdia.Samples.ImageClassification.Reports;
using Microsoft.ML;

return CommandLine.Run(args, Sample);

static int Sample(SampleOptions options)
{
    var report = new RunReport(options);
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += report.Log;
    options = Checkpoints.Prepare(options, report.Note);
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;

    // 1. Pictures: two data views, and the transforms that turn a row into an image and a label.
    var data = DataSources.Load(mlContext, options, report.Note);
    var prepare = data.Prepare.Append(mlContext.Transforms.Conversion.MapValueToKey("Label", "Class", keyData: data.Keys(mlContext)));
    report.Data(data);

    // 2. What ML.NET's linear model makes of them.
    var linear = options.Baseline ? report.Linear(() => LinearBaseline.Evaluate(mlContext, data)) : null;

    // 3. The transformer is one line of the pipeline. Ctrl+C ends training with the best model so far.
    using var ctrlC = new CtrlC();
    var monitor = new TrainingMonitor("pictures", "reading pictures");
    var trainerOptions = TrainerOptions.From(options, data, monitor, ctrlC.Token);
    var pipeline = prepare
        .Append(mlContext.MulticlassClassification.Trainers.BdiaImageClassification(trainerOptions))
        .Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    var model = monitor.Watch(() => pipeline.Fit(data.Train));
    var training = model.Part<BdiaImageClassificationTransformer>().Model.Result!;
    report.Training(training);

    // 4. ML.NET evaluates it as it does any other.
    var scored = mlContext.Data.Cache(model.Transform(data.Test), "Label", "PredictedLabel", "Score");
    var metrics = mlContext.MulticlassClassification.Evaluate(scored);
    report.Metrics(metrics, linear);

    // 5. Saved, and loaded where nothing of the above is known, it gives the same scores, byte for byte.
    mlContext.Model.Save(model, data.Train.Schema, options.Save);
    var reloaded = new MLContext().Model.Load(options.Save, out _);
    var identical = Scores.Identical(scored, reloaded.Transform(data.Test));

    // 6. Pictures and figures to look at.
    var some = mlContext.Data.TakeRows(data.Test, 80);
    var predictions = mlContext.Data.CreateEnumerable<Prediction>(reloaded.Transform(some), reuseRowObject: false);
    report.Write(data, data.Pictures(some), predictions, monitor, training, metrics, linear, identical);
    report.Html(data, model.Part<BdiaImageClassificationTransformer>(),
        mlContext.Data.CreateEnumerable<Prediction>(scored, reuseRowObject: false), training, monitor);
    return identical ? 0 : Guard.Failed;
}
