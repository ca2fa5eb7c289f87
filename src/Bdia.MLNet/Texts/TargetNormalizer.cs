using Bdia.Core.Text;
using Bdia.MLNet.Internals;
using Microsoft.ML;
using Microsoft.ML.Data;

namespace Bdia.MLNet.Texts;

/// <summary>
/// What a model did to its targets in training, as an annotation of the column that it writes, so that references can be treated alike. It
/// goes where the column goes inside a process; files of ML.NET do not keep it.
/// </summary>
internal sealed class TargetNormalizer : StructuredDataViewType
{
    private const string Annotation = "TargetNormalizer";

    private static readonly TargetNormalizer type = new();

    private TargetNormalizer() : base(typeof(ITextTokenizer))
    {
    }

    /// <summary>The promise that <see cref="Annotate"/> keeps.</summary>
    public static SchemaShape.Column Shape => ColumnShapes.Scalar(Annotation, type);

    public static void Annotate(DataViewSchema.Annotations.Builder annotations, ITextTokenizer target)
        => annotations.Add(Annotation, type, (ref ITextTokenizer value) => value = target);

    /// <summary>What to do to the references of a column of predictions; null where nothing is known.</summary>
    public static Func<string, string>? Of(DataViewSchema.Column predictions)
    {
        if (predictions.Annotations.Schema.GetColumnOrNull(Annotation) is not { } column || column.Type is not TargetNormalizer)
            return null;
        ITextTokenizer? target = null;
        predictions.Annotations.GetValue(Annotation, ref target!);
        return target.Normalize;
    }

    public override bool Equals(DataViewType? other) => other is TargetNormalizer;

    public override int GetHashCode() => typeof(TargetNormalizer).GetHashCode();

    public override string ToString() => Annotation;
}
