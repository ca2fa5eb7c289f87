using Bdia.MLNet.Tests.SequenceToSequence;
using Bdia.MLNet.Tests.Support;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.Internals;

/// <summary>ML.NET's ConvertToOnnx would write a file without the network and say nothing.</summary>
public class OnnxRefusalTests
{
    private readonly MLContext context = new(1);

    private void AssertRefused(string trainer, ITransformer model, IDataView data, params string[] outputs)
    {
        using var stream = new MemoryStream();
        foreach (var convert in new Action[]
        {
            () => context.Model.ConvertToOnnx(model, data, stream),
            () => context.Model.ConvertToOnnx(model, data, stream, outputs),
        })
        {
            var message = Assert.Throws<NotSupportedException>(convert).Message;
            Assert.StartsWith($"A pipeline with a model of {trainer} cannot be converted to ONNX: the network would be left out. "
                + "Nothing was written.", message, StringComparison.Ordinal);
            Assert.Equal(0, stream.Length);
        }
    }

    [Fact]
    public void A_classifier_of_pictures_is_refused_by_itself_and_in_a_chain()
    {
        var rows = context.Data.LoadFromEnumerable(ImageRows.Of(24).ToList());
        var labelled = ImageRows.Labelled(context, ImageRows.Of(24));
        var trainer = context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options("File", epochs: 1));
        using var model = trainer.Fit(labelled);
        using var chain = context.Transforms.Conversion.MapValueToKey("Label", "Name").Append(trainer)
            .Append(context.Transforms.Conversion.MapKeyToValue("PredictedLabel")).Fit(rows);

        AssertRefused("BdiaImageClassification", model, labelled, "Score");
        AssertRefused("BdiaImageClassification", chain, rows, "PredictedLabel");
    }

    [Fact]
    public void A_translator_is_refused_by_itself_and_in_a_chain()
    {
        var model = SequenceToSequenceContractTests.Shared.Value;
        var data = Sentences.View(context, 24);
        var chain = new TransformerChain<ITransformer>(context.Transforms.CopyColumns("Copy", "Target").Fit(data), model);

        AssertRefused("SequenceToSequence.Trainers.Bdia", model, data, "PredictedText");
        AssertRefused("SequenceToSequence.Trainers.Bdia", chain, data, "Copy");
    }
}
