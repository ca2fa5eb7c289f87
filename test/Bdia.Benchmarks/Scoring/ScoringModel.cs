using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.MLNet;
using Bdia.MLNet.Columns;
using Bdia.MLNet.ImageClassification;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.Benchmarks.Scoring;

/// <summary>
/// Models with random weights, which score as fast as trained ones, in files of a folder that lasts as long as the suite.
/// </summary>
internal sealed class ScoringModel : IDisposable
{
    // How the contenders' processes learn of the folder: its name would make every call's settings other ones.
    private const string FolderVariable = "BDIA_SCORING_MODELS";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("bdia-scoring-");

    public ScoringModel(IEnumerable<VisionTransformerPreset> presets)
    {
        Environment.SetEnvironmentVariable(FolderVariable, folder.FullName);
        foreach (var preset in presets) Save(preset);
    }

    public static VisionTransformerOptions Options(VisionTransformerPreset preset)
        => VisionTransformerOptions.FromPreset(preset, ScoringContender.Side, ScoringContender.Side,
            ScoringContender.Channels, ScoringContender.Classes) with { PatchSize = 4 };

    public static string File(VisionTransformerPreset preset)
        => Path.Combine(Environment.GetEnvironmentVariable(FolderVariable)!, $"{preset}.zip");

    public void Dispose() => folder.Delete(recursive: true);

    private static void Save(VisionTransformerPreset preset)
    {
        BdiaRuntime.EnsureLoaded();
        var mlContext = new MLContext(seed: 1);
        var data = mlContext.Data.LoadFromEnumerable(ScoringContender.Pictures(1));
        var classifier = new ImageClassifier(new VisionTransformer(Options(preset), seed: 1),
            new() { Mean = [0.5, 0.5, 0.5], StandardDeviation = [0.3, 0.3, 0.3] });
        var image = new ImageColumn(nameof(Picture.Features), ImageForm.Pixels,
            new(ScoringContender.Channels, ScoringContender.Side, ScoringContender.Side), PixelLayout.Planar);
        var columns = new ClassificationColumns("PredictedLabel", "Score", ScoringContender.Classes, null);
        using var model = new BdiaImageClassificationTransformer(((IHostEnvironment)mlContext).Register("Scoring"),
            classifier, image, columns, BadImagePolicy.Throw, 64);
        mlContext.Model.Save(model, data.Schema, File(preset));
    }
}
