using System.Runtime.InteropServices;
using Bdia.Core.Native;
using Bdia.MLNet.Tests.Support;
using Bdia.Tests;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>A model that one process trains and another loads, with a bare MLContext and no call of ours.</summary>
public class OtherProcessTests
{
    private const string ModelFile = "model.zip";
    private const string ScoresFile = "scores.bin";

    private static byte[] Score(MLContext context, ITransformer model)
    {
        var data = context.Data.LoadFromEnumerable(ImageRows.Of(50, seed: 5).ToList());
        return [.. ScoredRows.Of(model.Transform(data),
            "Score").Rows.SelectMany(row => MemoryMarshal.AsBytes(((float[])row[0]).AsSpan()).ToArray())];
    }

    [Fact]
    public void Another_process_scores_to_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(1);
        var data = context.Data.LoadFromEnumerable(ImageRows.Of(24).ToList());
        using var model = context.Transforms.Conversion.MapValueToKey("Label", "Name")
            .Append(context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options()))
            .Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel"))
            .Fit(data);
        context.Model.Save(model, data.Schema, folder.File(ModelFile));

        ChildProcess.Run<OtherProcessTests>(folder.Path, nameof(Child));

        Assert.Equal(Score(context, model), File.ReadAllBytes(folder.File(ScoresFile)));
    }

    /// <summary>The other process: run by <see cref="Another_process_scores_to_the_same_bytes"/> alone.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        var folder = ChildProcess.Folder;
        var context = new MLContext();

        var model = context.Model.Load(Path.Combine(folder, ModelFile), out _);

        File.WriteAllBytes(Path.Combine(folder, ScoresFile), Score(context, model));
    }

    [Fact]
    public void Without_libtorch_Load_and_Fit_name_the_package_and_TorchSharp_prints_nothing()
    {
        using var folder = new TemporaryFolder();
        var context = new MLContext(1);
        var data = ImageRows.Labelled(context, ImageRows.Of(24));
        using var model = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options()).Fit(data);
        context.Model.Save(model, data.Schema, folder.File(ModelFile));
        foreach (var file in Directory.GetFiles(AppContext.BaseDirectory).Where(file => !IsTorch(Path.GetFileName(file))))
            File.Copy(file, folder.File(Path.GetFileName(file)));

        var output = ChildProcess.Run<OtherProcessTests>(folder.Path, nameof(ChildWithoutLibtorch),
            folder.File(Path.GetFileName(typeof(OtherProcessTests).Assembly.Location)), (LoadNatives.AbsentVariable, "1"));

        Assert.DoesNotContain("Trying to load native component", output, StringComparison.Ordinal);

        static bool IsTorch(string file)
            => file.Contains("torch", StringComparison.Ordinal) || file.Contains("c10", StringComparison.Ordinal);
    }

    /// <summary>The other process: run by the test above alone.</summary>
    [Fact(Explicit = true)]
    public void ChildWithoutLibtorch()
    {
        var context = new MLContext(1);
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options());
        var data = ImageRows.Labelled(context, ImageRows.Of(24));
        var file = Path.Combine(ChildProcess.Folder, ModelFile);

        Action[] calls = [() => context.Model.Load(file, out _), () => trainer.Fit(data)];

        Assert.All(calls, call => Assert.Contains("libtorch-cpu-",
            Assert.IsType<NativeLibraryMissingException>(Assert.ThrowsAny<Exception>(call).GetBaseException()).Message,
            StringComparison.Ordinal));
    }
}
