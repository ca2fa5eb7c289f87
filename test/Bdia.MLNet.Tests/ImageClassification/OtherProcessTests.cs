using System.Diagnostics;
using System.Runtime.InteropServices;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.ImageClassification;

/// <summary>A model that one process trains and another loads, with a bare MLContext and no call of ours.</summary>
public class OtherProcessTests
{
    private const string FolderVariable = "BDIA_TEST_MODEL_FOLDER";
    private const string ModelFile = "model.zip";
    private const string ScoresFile = "scores.bin";

    private static byte[] Score(MLContext context, ITransformer model)
    {
        var data = context.Data.LoadFromEnumerable(ImageRows.Of(50, seed: 5).ToList());
        return [.. ScoredRows.Of(model.Transform(data), "Score").Rows.SelectMany(row => MemoryMarshal.AsBytes(((float[])row[0]).AsSpan()).ToArray())];
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

        RunChild(folder.Path);

        Assert.Equal(Score(context, model), File.ReadAllBytes(folder.File(ScoresFile)));
    }

    /// <summary>The other process: run by <see cref="Another_process_scores_to_the_same_bytes"/> alone.</summary>
    [Fact(Explicit = true)]
    public void Child()
    {
        var folder = Environment.GetEnvironmentVariable(FolderVariable)!;
        var context = new MLContext();

        var model = context.Model.Load(Path.Combine(folder, ModelFile), out _);

        File.WriteAllBytes(Path.Combine(folder, ScoresFile), Score(context, model));
    }

    private static void RunChild(string folder)
    {
        var assembly = typeof(OtherProcessTests).Assembly.Location;
        var start = new ProcessStartInfo("dotnet", ["exec", assembly, "-method", $"{typeof(OtherProcessTests).FullName}.{nameof(Child)}", "-explicit", "only"])
        {
            Environment = { [FolderVariable] = folder },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var child = Process.Start(start)!;
        var output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        var errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        child.WaitForExit();
        Assert.True(child.ExitCode == 0, $"{output.Result}{errors.Result}");
    }
}
