using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.MLNet.Tests.Trainers;

/// <summary>
/// What a program has set up in libtorch changes no pipeline: its Fit, what it saves, and what it scores. Alone, since a default type is
/// the whole process's.
/// </summary>
[Collection(nameof(Alone))]
public class CallersSettingsTests
{
    public static TheoryData<string, string> Cases => new MatrixTheoryData<string, string>(
        ["pictures", "texts"], ["inference mode", "no gradients", "float64", "bfloat16"]);

    [Theory]
    [MemberData(nameof(Cases))]
    public void A_pipeline_fits_saves_and_scores_alike(string task, string setting)
    {
        var expected = Run(task);
        using var set = Set(setting);
        Run(task).AssertEqual(expected);
    }

    private static ScoredRows Run(string task)
    {
        var context = new MLContext(1);
        var (trainer, data, outputs) = task == "pictures"
            ? ((IEstimator<ITransformer>)context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options()),
                ImageRows.Labelled(context, ImageRows.Of(24)), new[] { "Score", "PredictedLabel" })
            : (context.SequenceToSequence.Trainers.Bdia(Sentences.Options()), Sentences.View(context, 24), ["PredictedText", "Score"]);
        using var stream = new MemoryStream();
        var fitted = trainer.Fit(data);
        using ((IDisposable)fitted) context.Model.Save(fitted, data.Schema, stream);
        stream.Position = 0;
        var loaded = new MLContext().Model.Load(stream, out _);
        using ((IDisposable)loaded) return ScoredRows.Of(loaded.Transform(data), outputs);
    }

    private static IDisposable Set(string setting) => setting switch
    {
        "inference mode" => inference_mode(true),
        "no gradients" => no_grad(),
        _ => new DefaultType(Enum.Parse<ScalarType>(setting, ignoreCase: true)),
    };

    private sealed class DefaultType : IDisposable
    {
        private readonly ScalarType before = get_default_dtype();

        public DefaultType(ScalarType type) => set_default_dtype(type);

        public void Dispose() => set_default_dtype(before);
    }
}
