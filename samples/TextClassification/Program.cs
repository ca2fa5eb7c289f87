// Trains a transformer that classifies texts, from scratch, inside an ML.NET pipeline, and shows what that gains over a linear model.
// All of ML.NET's part stands on this page. Data/ reads texts, Matches/ makes some, Options/ is the command line, Reports/ is what is
// shown and written.

using Bdia.Core.Native;
using Bdia.Data.Texts;
using Bdia.MLNet;
using Bdia.Samples.Common.Options;
using Bdia.Samples.Common.Reports;
using Bdia.Samples.TextClassification;
using Bdia.Samples.TextClassification.Data;
using Bdia.Samples.TextClassification.Options;
using Bdia.Samples.TextClassification.Reports;
using Microsoft.ML;

return CommandLine.Run(args, options => options.Model is null ? Train(options) : Use(options, options.Model));

static int Train(SampleOptions options)
{
    var report = new RunReport(options);
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += report.Log;
    options = Checkpoints.Prepare(options, report.Note);
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;

    // 1. A text column and a class. The key has the classes in the order of their names.
    var data = DataSources.Load(options, report.Note);
    var (train, test) = (mlContext.Data.LoadFromEnumerable(data.Train), mlContext.Data.LoadFromEnumerable(data.Test));
    var labels = mlContext.Transforms.Conversion.MapValueToKey("Label", nameof(LabelledText.Class), keyData: data.Keys(mlContext));
    report.Data(data);

    // 2. What ML.NET's linear model makes of them.
    var linear = options.Baseline ? report.Linear(() => FeaturizedText.Linear(mlContext, labels, train, test)) : null;

    // 3. The transformer is one line of the pipeline. Ctrl+C ends training with the best model so far.
    using var ctrlC = new CtrlC();
    var monitor = new TrainingMonitor("texts", "reading texts");
    var trainer = mlContext.MulticlassClassification.Trainers.BdiaTextClassification(
        TrainerOptions.From(options, data, monitor, ctrlC.Token));
    var pipeline = labels.Append(trainer).Append(mlContext.Transforms.Conversion.MapKeyToValue("PredictedLabel"));
    using var model = monitor.Watch(() => pipeline.Fit(train));
    var classifier = model.Part<BdiaTextClassificationTransformer>();
    report.Training(classifier.Model.Result!);

    // 4. ML.NET evaluates it as it does any other.
    var scored = mlContext.Data.Cache(model.Transform(test));
    var metrics = mlContext.MulticlassClassification.Evaluate(scored);
    report.Metrics(metrics, linear, mlContext.Data.CreateEnumerable<Classified>(scored, reuseRowObject: false));

    // 5. Saved, and loaded where nothing of the above is known, it gives the same scores, byte for byte.
    mlContext.Model.Save(model, train.Schema, options.Save);
    var loaded = SavedModel.Load(new MLContext(), options.Save);
    var identical = Classified.Identical(scored, loaded.Transform(test));

    report.Write(data, monitor, classifier.Model, metrics, linear, identical);
    report.Html(data, classifier, mlContext.Data.CreateEnumerable<Classified>(scored, reuseRowObject: false), monitor);
    Texts.Classify(mlContext, loaded, options.Classify);
    return identical ? 0 : Guard.Failed;
}

static int Use(SampleOptions options, string file)
{
    var mlContext = new MLContext(options.Seed);
    mlContext.Log += Texts.Warn;
    if (options.Threads is { } threads) BdiaRuntime.Threads = threads;
    Texts.Classify(mlContext, SavedModel.Load(mlContext, file), options.Classify);
    return 0;
}
