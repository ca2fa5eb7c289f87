using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.TextGeneration;

public class TextGenerationContractTests : EstimatorContract<BdiaTextGenerationTransformer>
{
    internal static readonly Lazy<BdiaTextGenerationTransformer> Shared = new(() =>
    {
        var context = new MLContext(1);
        return context.TextGeneration.Trainers.Bdia(Options()).Fit(Countings.View(context, 24));
    });

    // A log-probability is a sum over all tokens of a text, each with a rounding of its own.
    protected override double BatchTolerance => 1e-4;

    // One column for both, so that nothing that is read may be missing.
    private static BdiaTextGenerationTrainer.Options Options()
    {
        var options = Countings.Options();
        options.PromptColumnName = null;
        return options;
    }

    protected override BdiaTrainer<BdiaTextGenerationTransformer> Trainer(MLContext context)
        => context.TextGeneration.Trainers.Bdia(Options());

    protected override IDataView Data(MLContext context, int rows = 24, string? without = null)
    {
        var view = Countings.View(context, rows);
        return without is null ? view : context.Transforms.DropColumns(without).Fit(view).Transform(view);
    }

    protected override BdiaTextGenerationTransformer Fitted => Shared.Value;

    protected override string[] Outputs => ["PredictedText", "Score", "Finished"];

    public override IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults =>
    [
        ("text", "Text", NumberDataViewType.Single, "expected String, got Single. The column must hold texts"),
        ("text", "Text", new VectorDataViewType(TextDataViewType.Instance, 2), "expected String, got Vector<String>"),
    ];

    [Fact]
    public void A_prompt_of_its_own_is_read_when_scoring_and_the_text_is_not()
    {
        using var model = Context.TextGeneration.Trainers.Bdia(Countings.Options()).Fit(Data(Context, without: "Prompt"));

        Assert.Equal("Prompt", model.PromptColumnName);
        Assert.Equal(24, ScoredRows.Of(model.Transform(Data(Context, without: "Text")), Outputs).Rows.Count);
        Assert.StartsWith("Could not find source column 'Prompt'",
            Assert.Throws<ArgumentOutOfRangeException>(() => model.Transform(Data(Context, without: "Prompt"))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_trainer_that_writes_several_texts_promises_their_columns()
    {
        var options = Options();
        options.Decoding = options.Decoding with { BeamSize = 3, BestCount = 3 };
        using var copy = Reloaded();
        copy.Decoding = options.Decoding;
        var data = Data(Context);

        var promised = Context.TextGeneration.Trainers.Bdia(options).GetOutputSchema(Shapes.Of(data.Schema));

        Assert.Equal(Shapes.Describe(Shapes.Of(copy.GetOutputSchema(data.Schema))), Shapes.Describe(promised));
    }
}

[Collection(nameof(Alone))]
public class TextGenerationMemoryTests : MemoryContract
{
    protected override ITransformer Fitted => TextGenerationContractTests.Shared.Value;

    protected override IDataView Data { get; } = Countings.View(new MLContext(1), 100);

    protected override string Output => "PredictedText";

    // Each prediction is some six forward passes.
    protected override int Slowness => 6;
}
