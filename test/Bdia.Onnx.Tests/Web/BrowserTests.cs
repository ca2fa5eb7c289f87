using System.Text.Json;
using Bdia.Core.ImageClassification;
using Bdia.MLNet;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using ImageRow = Bdia.MLNet.Tests.Support.ImageRow;

namespace Bdia.Onnx.Tests.Web;

/// <summary>The page of samples/OnnxWeb in a real browser gives the model's labels and probabilities.</summary>
public class BrowserTests
{
    private sealed record Class(string Name, double Probability);

    private sealed record Answer(Class[]? Classes, string? Fault);

    [Fact]
    public async Task A_page_classifies_pictures_as_the_model_does()
    {
        var browser = Browser.Require();
        var sample = Browser.Sample();
        var context = new MLContext(1);
        using var model = context.MulticlassClassification.Trainers
            .BdiaImageClassification(ImageRows.Options(nameof(ImageRow.File), epochs: 4))
            .Fit(ImageRows.Labelled(context, ImageRows.Of(48)));
        using var file = new MemoryStream();
        model.SaveOnnx(file);
        var row = ImageRows.Of(2, seed: 8).Last();
        using var server = new PageServer(sample, new() { ["/model.onnx"] = file.ToArray(), ["/picture.png"] = row.File });

        var report = await browser.Open($"{server.Address}index.html?picture=picture.png&report=report", server.Report);

        var answer = JsonSerializer.Deserialize<Answer>(report, JsonSerializerOptions.Web)!;
        Assert.Null(answer.Fault);
        var expected = Probabilities(model.Model, row);
        Assert.Equal(["blue", "green", "red"], answer.Classes!.Select(one => one.Name).Order());
        Assert.Equal(row.Name, answer.Classes![0].Name);
        Assert.All(answer.Classes, one => Assert.Equal(expected[one.Name], one.Probability, 0.01));
    }

    private static Dictionary<string, float> Probabilities(ImageClassifier classifier, ImageRow row)
    {
        var probabilities = new float[3];
        classifier.Score(row.Features, 1, probabilities);
        return new() { ["red"] = probabilities[0], ["green"] = probabilities[1], ["blue"] = probabilities[2] };
    }
}
