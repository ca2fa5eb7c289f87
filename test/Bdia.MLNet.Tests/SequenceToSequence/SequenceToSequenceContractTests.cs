using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.SequenceToSequence;

public class SequenceToSequenceContractTests : EstimatorContract<BdiaSequenceToSequenceTransformer>
{
    internal static readonly Lazy<BdiaSequenceToSequenceTransformer> Shared = new(() =>
    {
        var context = new MLContext(1);
        return context.SequenceToSequence.Trainers.Bdia(Sentences.Options()).Fit(Sentences.View(context, 24));
    });

    // A log-probability is a sum over all tokens of a text, each with a rounding of its own.
    protected override double BatchTolerance => 1e-4;

    protected override BdiaTrainer<BdiaSequenceToSequenceTransformer> Trainer(MLContext context)
        => context.SequenceToSequence.Trainers.Bdia(Sentences.Options());

    protected override IDataView Data(MLContext context, int rows = 24, string? without = null)
    {
        var view = Sentences.View(context, rows);
        return without is null ? view : context.Transforms.DropColumns(without).Fit(view).Transform(view);
    }

    protected override BdiaSequenceToSequenceTransformer Fitted => Shared.Value;

    protected override string[] Outputs => ["PredictedText", "Score", "Finished"];

    public override IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults =>
    [
        ("source", "Source", NumberDataViewType.Single, "expected String, got Single. The column must hold texts"),
        ("source", "Source", new VectorDataViewType(TextDataViewType.Instance, 2), "expected String, got Vector<String>"),
        ("target", "Target", new KeyDataViewType(typeof(uint), 3), "expected String, got Key<UInt32>"),
        ("target", "Target", new VectorDataViewType(TextDataViewType.Instance), "expected String, got VarVector<String>"),
    ];

    [Fact]
    public void Scoring_does_without_the_target()
    {
        var data = Data(Context, without: "Target");

        Assert.Equal(24, ScoredRows.Of(Fitted.Transform(data), Outputs).Rows.Count);
    }

    [Fact]
    public void A_trainer_that_writes_several_texts_promises_their_columns()
    {
        var options = Sentences.Options();
        options.Decoding = options.Decoding with { BeamSize = 3, BestCount = 3 };
        using var copy = Reloaded();
        copy.Decoding = options.Decoding;
        var data = Data(Context);

        var promised = Context.SequenceToSequence.Trainers.Bdia(options).GetOutputSchema(Shapes.Of(data.Schema));

        Assert.Equal(Shapes.Describe(Shapes.Of(copy.GetOutputSchema(data.Schema))), Shapes.Describe(promised));
    }

    [Fact]
    public void No_tensor_outlives_scoring()
    {
        var data = Data(Context);
        ScoredRows.Of(Fitted.Transform(data), Outputs);
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        ScoredRows.Of(Fitted.Transform(data), Outputs);
        using (var cursor = Fitted.Transform(data).GetRowCursor(Fitted.GetOutputSchema(data.Schema)))
            cursor.MoveNext();

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}

[Collection(nameof(Alone))]
public class SequenceToSequenceMemoryTests : MemoryContract
{
    protected override ITransformer Fitted => SequenceToSequenceContractTests.Shared.Value;

    protected override IDataView Data { get; } = Sentences.View(new MLContext(1), 100);

    protected override string Output => "PredictedText";

    // Each prediction is some ten forward passes.
    protected override int Slowness => 6;
}
