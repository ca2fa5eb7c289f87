using Bdia.MLNet.Tests.Support;
using Bdia.MLNet.Tests.Trainers;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Tests.ImageClassification;

public class ImageClassificationContractTests : EstimatorContract<BdiaImageClassificationTransformer>
{
    internal static readonly Lazy<BdiaImageClassificationTransformer> Shared = new(() =>
    {
        var context = new MLContext(1);
        return context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options())
            .Fit(ImageRows.Labelled(context, ImageRows.Of(24)));
    });

    protected override BdiaTrainer<BdiaImageClassificationTransformer> Trainer(MLContext context)
        => context.MulticlassClassification.Trainers.BdiaImageClassification(ImageRows.Options());

    protected override IDataView Data(MLContext context, int rows = 24, string? without = null)
    {
        var view = ImageRows.Labelled(context, ImageRows.Of(rows));
        return without is null ? view : context.Transforms.DropColumns(without).Fit(view).Transform(view);
    }

    protected override BdiaImageClassificationTransformer Fitted => Shared.Value;

    protected override string[] Outputs => ["Score", "PredictedLabel"];

    public override IReadOnlyList<(string Role, string Column, DataViewType WrongType, string Message)> Faults =>
    [
        ("feature", "Features", NumberDataViewType.Single, "expected Image, Vector<Single> or VarVector<Byte>, got Single"),
        ("feature", "Features", new VectorDataViewType(NumberDataViewType.Single),
            "expected Image, Vector<Single> or VarVector<Byte>, got VarVector<Single>"),
        ("label", "Label", TextDataViewType.Instance, "expected Key<UInt32>, got String. Use MapValueToKey"),
        ("label", "Label", NumberDataViewType.Single, "expected Key<UInt32>, got Single. Use MapValueToKey"),
        ("label", "Label", new VectorDataViewType(new KeyDataViewType(typeof(uint), 3), 2),
            "expected Key<UInt32>, got Vector<Key<UInt32>>. Use MapValueToKey"),
    ];
}

[Collection(nameof(Alone))]
public class ImageClassificationMemoryTests : MemoryContract
{
    protected override ITransformer Fitted => ImageClassificationContractTests.Shared.Value;

    protected override IDataView Data { get; } = ImageRows.Labelled(new MLContext(1), ImageRows.Of(100));

    protected override string Output => "Score";
}
