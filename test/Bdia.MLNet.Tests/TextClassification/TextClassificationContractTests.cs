using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.TextClassification;

public class TextClassificationContractTests : EstimatorContract<BdiaTextClassificationTransformer>
{
    internal static readonly Lazy<BdiaTextClassificationTransformer> Shared = new(() =>
    {
        var context = new MLContext(1);
        return context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options()).Fit(Topics.View(context, 24));
    });

    // Other rows in a batch are other padding, and so other sums.
    protected override double BatchTolerance => 1e-4;

    protected override BdiaTrainer<BdiaTextClassificationTransformer> Trainer(MLContext context)
        => context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options());

    protected override IDataView Data(MLContext context, int rows = 24, string? without = null)
    {
        var view = Topics.View(context, rows);
        return without is null ? view : context.Transforms.DropColumns(without).Fit(view).Transform(view);
    }

    protected override BdiaTextClassificationTransformer Fitted => Shared.Value;

    protected override string[] Outputs => ["Score", "PredictedLabel"];

    public override IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults =>
    [
        ("sentence 1", "Text", NumberDataViewType.Single, "expected String, got Single. The column must hold texts"),
        ("sentence 1", "Text", new VectorDataViewType(TextDataViewType.Instance, 2), "expected String, got Vector<String>"),
        ("label", "Label", TextDataViewType.Instance, "expected Key<UInt32>, got String. Use MapValueToKey"),
        ("label", "Label", NumberDataViewType.Single, "expected Key<UInt32>, got Single. Use MapValueToKey"),
    ];

    [Fact]
    public void No_tensor_outlives_scoring()
    {
        var data = Data(Context);
        ScoredRows.Of(Fitted.Transform(data), Outputs);
        var before = TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;

        ScoredRows.Of(Fitted.Transform(data), Outputs);

        Assert.Equal(before, TorchSharp.DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }
}

public class TextPairClassificationContractTests : EstimatorContract<BdiaTextClassificationTransformer>
{
    private static readonly Lazy<BdiaTextClassificationTransformer> shared = new(() =>
    {
        var context = new MLContext(1);
        return context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options(other: nameof(Topic.Other)))
            .Fit(Topics.View(context, 24));
    });

    protected override double BatchTolerance => 1e-4;

    protected override BdiaTrainer<BdiaTextClassificationTransformer> Trainer(MLContext context)
        => context.MulticlassClassification.Trainers.BdiaTextClassification(Topics.Options(other: nameof(Topic.Other)));

    protected override IDataView Data(MLContext context, int rows = 24, string? without = null)
    {
        var view = Topics.View(context, rows);
        return without is null ? view : context.Transforms.DropColumns(without).Fit(view).Transform(view);
    }

    protected override BdiaTextClassificationTransformer Fitted => shared.Value;

    protected override string[] Outputs => ["Score", "PredictedLabel"];

    public override IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults =>
    [
        ("sentence 1", "Text", NumberDataViewType.Single, "expected String, got Single"),
        ("sentence 2", "Other", NumberDataViewType.Single, "expected String, got Single"),
        ("label", "Label", TextDataViewType.Instance, "expected Key<UInt32>, got String"),
    ];
}

[Collection(nameof(Alone))]
public class TextClassificationMemoryTests : MemoryContract
{
    protected override ITransformer Fitted => TextClassificationContractTests.Shared.Value;

    protected override IDataView Data { get; } = Topics.View(new MLContext(1), 100);

    protected override string Output => "Score";
}
