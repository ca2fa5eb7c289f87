using Bdia.Tests.Dependencies;

namespace Bdia.MLNet.Tests.Architecture;

/// <summary>
/// Which folder of this library may know which of it and of the core: a new dependency is a decision, and this table is where it is taken.
/// Read off the compiled code. The core's own table stands in its tests.
/// </summary>
public class DependencyTests
{
    private static readonly ArrowTable Table = new()
    {
        Rooms =
        [
            new("MLNet/Internals"),
            new("MLNet/Serving"),
            new("MLNet/Scoring", "Core/Onnx: IOnnxGraph OnnxAttribute OnnxWeights", "MLNet/Internals: IOnnxView OnnxPipeline"),
            new("MLNet/Columns", "MLNet/Internals: ColumnShapes"),
            new("MLNet/ModelFiles", "MLNet/Internals: ModelArchiveReader ModelArchiveWriter"),
            new("MLNet/Texts", "Core/Common: OptionFaults", "Core/Text", "Core/Decoding: DecodingOptions",
                "MLNet/Internals: ColumnShapes", "MLNet/Columns", "MLNet/ModelFiles: JsonParts", "MLNet/Scoring"),
            new("MLNet/Trainers", "Core/Common", "Core/Distributed: DistributedOptions RankGroup",
                "Core/Native: BdiaRuntime", "Core/Operations: ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStackOptions GammaSchedule", "Core/Training",
                "MLNet/Internals", "MLNet/Scoring", "MLNet/Columns"),
            new("MLNet/ImageClassification", "Core/Common", "Core/Operations: ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStackOptions GammaEnsemble ReversibilityException", "Core/Models",
                "Core/Pretrained", "Core/Onnx", "Core/Training", "Core/MemoryEstimates", "Core/ImageClassification",
                "MLNet/Internals", "MLNet/Scoring",
                    "MLNet/Columns", "MLNet/ModelFiles", "MLNet/Trainers"),
            new("MLNet/SequenceToSequence", "Core/Common", "Core/Metrics", "Core/Text", "Core/Operations: ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStackOptions", "Core/Models", "Core/Decoding", "Core/Onnx: OnnxOptions",
                "Core/Training", "Core/MemoryEstimates", "Core/SequenceToSequence", "MLNet/Internals",
                    "MLNet/Scoring", "MLNet/Columns", "MLNet/ModelFiles", "MLNet/Texts", "MLNet/Trainers"),
            new("MLNet/TextClassification", "Core/Common", "Core/Text", "Core/Operations: ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStackOptions", "Core/Models", "Core/Onnx: OnnxOptions", "Core/Training",
                "Core/MemoryEstimates", "Core/TextClassification",
                "MLNet/Internals", "MLNet/Scoring", "MLNet/Columns", "MLNet/ModelFiles",
                "MLNet/Texts: IReadsTexts TextColumn TokenLimit TokenizerChoice", "MLNet/Trainers"),
            new("MLNet/TextGeneration", "Core/Common", "Core/Text", "Core/Operations: ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStackOptions", "Core/Models", "Core/Decoding", "Core/Onnx: OnnxOptions",
                "Core/Training", "Core/MemoryEstimates", "Core/TextGeneration", "MLNet/Internals", "MLNet/Scoring", "MLNet/Columns",
                "MLNet/ModelFiles", "MLNet/Texts", "MLNet/Trainers"),
            new("MLNet", "MLNet/Internals", "MLNet/Columns: ClassificationColumns KeyValues",
                "MLNet/Trainers: BdiaTrainerOptions BdiaTransformer",
                "MLNet/ImageClassification", "MLNet/SequenceToSequence",
                "MLNet/TextClassification", "MLNet/TextGeneration"),
        ],
        Accepted =
        [
            new("A column of images chooses among the readers by its type, and they read what it says of them.",
                "Bdia.MLNet/ImageClassification/BitmapReader", "Bdia.MLNet/ImageClassification/EncodedImageReader",
                    "Bdia.MLNet/ImageClassification/ImageColumn",
                "Bdia.MLNet/ImageClassification/ImageCounts", "Bdia.MLNet/ImageClassification/ImageReader",
                    "Bdia.MLNet/ImageClassification/PixelVectorReader"),
            new("What is asked of sizes, and the sizes that are found.", "Bdia.MLNet/ImageClassification/ImageShapeFinder",
                "Bdia.MLNet/ImageClassification/ImageSizes"),
            new("The key values of a column, by their type.", "Bdia.MLNet/Columns/KeyValueType", "Bdia.MLNet/Columns/KeyValues"),
            new("A transformer saves itself in its format, which loads it.",
                "Bdia.MLNet/ImageClassification/BdiaImageClassificationTransformer",
                    "Bdia.MLNet/ImageClassification/ImageClassificationFormat"),
            new("A transformer saves itself in its format, which loads it.",
                "Bdia.MLNet/SequenceToSequence/BdiaSequenceToSequenceTransformer",
                    "Bdia.MLNet/SequenceToSequence/SequenceToSequenceFormat"),
            new("A transformer saves itself in its format, which loads it.",
                "Bdia.MLNet/TextClassification/BdiaTextClassificationTransformer",
                    "Bdia.MLNet/TextClassification/TextClassificationFormat"),
            new("A model makes its batches, which read what it says of them.", "Bdia.MLNet/TextClassification/TextClassifierBatch",
                "Bdia.MLNet/TextClassification/TextClassifierBatchModel"),
            new("A transformer saves itself in its format, which loads it.",
                "Bdia.MLNet/TextGeneration/BdiaTextGenerationTransformer", "Bdia.MLNet/TextGeneration/TextGenerationFormat"),
            new("A model makes its batches, which read what it says of them.", "Bdia.MLNet/ImageClassification/ImageRowBatch",
                "Bdia.MLNet/ImageClassification/ImageBatchModel"),
            new("A model makes its batches, which read what it says of them.", "Bdia.MLNet/Texts/TextBatch",
                "Bdia.MLNet/Texts/TextBatchModel"),
        ],
    };

    private static readonly CompiledCode Code = CompiledCode.Libraries();

    [Fact]
    public void This_library_uses_what_the_table_permits_all_of_it_and_nothing_else()
    {
        var faults = string.Join('\n', Table.Faults(Code, "Bdia.MLNet"));
        Assert.True(faults.Length == 0, faults);
    }

    [Fact]
    public void No_folder_of_either_library_is_in_a_ring()
        => Assert.Empty(Rings.Of(ArrowMatrix.Arrows(Code).Keys.Select(arrow => (arrow.From, arrow.To))));

    // Namespaces of ours are imported together: one name, one meaning. A name with and without type parameters is one idea.
    [Fact]
    public void No_two_types_of_the_libraries_have_one_name()
        => Assert.Empty(Code.Types.Keys.Where(type => !type.Contains('/', StringComparison.Ordinal))
            .Select(type => type.Split('`')[0]).Distinct()
            .GroupBy(type => type[(type.LastIndexOf('.') + 1)..]).Where(group => group.Count() > 1)
                .Select(group => string.Join(" and ", group)));
}
