using System.Text.RegularExpressions;
using Bdia.Tests.Dependencies;

namespace Bdia.Core.Tests.Architecture;

/// <summary>
/// Which folder of the core may know which: a new dependency is a decision, and this table is where it is taken. Read off the compiled
/// code. The table of Bdia.MLNet stands in that library's tests; `Bdia.Benchmarks arrows` prints the matrix of both.
/// </summary>
public partial class DependencyTests
{
    private static readonly ArrowTable Table = new()
    {
        Rooms =
        [
            new("Core/Native"),
            new("Core/Common"),
            new("Core/Metrics"),
            new("Core/Automata"),
            new("Core/Simd"),
            new("Core/Tensors"),
            new("Core/Numerics", "Core/Simd: KernelThreads", "Core/Tensors"),
            new("Core/Formats", "Core/Tensors: TensorMemory"),
            new("Core/Text", "Core/Common"),
            new("Core/Operations", "Core/Native: BdiaRuntime", "Core/Simd", "Core/Tensors"),
            new("Core/Decoding", "Core/Common", "Core/Automata", "Core/Simd", "Core/Tensors", "Core/Numerics", "Core/Text",
                // the best tokens of an output product, whose logits are nowhere whole
                "Core/Operations: ComputePrecision DenseWeights OutputProduct"),
            new("Core/Reversible", "Core/Common", "Core/Native: FreeMemory", "Core/Simd: CpuKernels KernelThreads",
                "Core/Tensors", "Core/Numerics"),
            new("Core/Layers", "Core/Tensors", "Core/Operations"),
            new("Core/Blocks", "Core/Common", "Core/Simd", "Core/Tensors", "Core/Operations",
                "Core/Reversible: BdiaStack BdiaStackOptions BlockRandom EulerSteps IEvaluation Residual ResidualContext", "Core/Layers"),
            new("Core/Models", "Core/Common", "Core/Tensors",
                "Core/Formats: FiniteValues ModuleState SafeTensors SafeTensorsContent",
                "Core/Decoding: IBestTokenScorer INextTokenModel INextTokenScorer TopTokens",
                "Core/Operations: ComputePrecision OutputProduct", "Core/Reversible", "Core/Layers", "Core/Blocks"),
            new("Core/Pretrained", "Core/Native: BdiaRuntime", "Core/Formats", "Core/Operations: ComputePrecision",
                "Core/Reversible: TrainingClock", "Core/Layers: Dense", "Core/Models"),
            new("Core/Onnx", "Core/Common: OptionFaults"),
            new("Core/Export", "Core/Tensors: TensorMath", "Core/Formats: ModuleState", "Core/Onnx", "Core/Reversible: BdiaStackOptions",
                "Core/Layers: SinusoidalPositions", "Core/Blocks: TransformerBlockOptions", "Core/Models"),
            new("Core/Distributed", "Core/Common: OptionFaults", "Core/Tensors: TensorMemory"),
            new("Core/Training", "Core/Common", "Core/Simd", "Core/Tensors", "Core/Numerics: RandomSequence", "Core/Formats",
                "Core/Distributed",
                "Core/Reversible: BackpropagationMode BdiaStack BdiaStackOptions GammaSchedule GammaStrengths IBlockObserver "
                    + "Residual ReversibilityException TrainingClock",
                // Muon takes steps for matrices, and which weights are some, in which precision, only their layers know
                "Core/Operations: ComputePrecision", "Core/Layers: Dense"),
            new("Core/MemoryEstimates", "Core/Numerics: PackedPads", "Core/Operations",
                "Core/Reversible: BackpropagationMode BdiaStackOptions GammaSchedule",
                "Core/Layers: Dense", "Core/Blocks: BlockMemory BlockSizes SublayerKind TransformerBlockOptions",
                    "Core/Models", "Core/Distributed: DistributedOptions RankGroup",
                    "Core/Training: Moment MomentFormat OptimizerKind TrainingOptions"),
            new("Core/ImageClassification", "Core/Common", "Core/Native: BdiaRuntime", "Core/Tensors",
                "Core/Numerics: FixedPointGrid RandomSequence", "Core/Formats", "Core/Operations: ClassLoss ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStack BdiaStackOptions GammaEnsemble GammaSchedule ReversibilityException "
                    + "TrainingClock",
                    "Core/Models", "Core/Pretrained", "Core/Onnx",
                    "Core/Export: VisionTransformerGraph", "Core/Distributed: DistributedOptions IRankLink RankGroup",
                "Core/Training",
                "Core/MemoryEstimates"),
            new("Core/SequenceToSequence", "Core/Common", "Core/Native: BdiaRuntime", "Core/Metrics",
                "Core/Numerics: RandomSequence", "Core/Formats", "Core/Text",
                "Core/Operations: OutputLoss",
                    "Core/Reversible: BackpropagationMode BdiaStack BdiaStackOptions ReversibilityException TrainingClock", "Core/Models",
                "Core/Decoding", "Core/Onnx", "Core/Export: EncoderDecoderGraph", "Core/Distributed: DistributedOptions RankGroup",
                "Core/Training", "Core/MemoryEstimates"),
            new("Core/TextClassification", "Core/Common", "Core/Native: BdiaRuntime", "Core/Numerics: RandomSequence", "Core/Formats",
                "Core/Tensors: TensorMath", "Core/Text", "Core/Operations: ClassLoss ComputePrecision",
                "Core/Reversible: BackpropagationMode BdiaStack BdiaStackOptions ReversibilityException TrainingClock", "Core/Models",
                "Core/Onnx", "Core/Export: TextEncoderGraph", "Core/Distributed: DistributedOptions RankGroup",
                "Core/Training", "Core/MemoryEstimates"),
            new("Core/TextGeneration", "Core/Common", "Core/Native: BdiaRuntime", "Core/Numerics: RandomSequence",
                "Core/Formats: WeightTransfer", "Core/Text", "Core/Operations: OutputLoss",
                "Core/Reversible: BackpropagationMode BdiaStack BdiaStackOptions ReversibilityException TrainingClock", "Core/Models",
                "Core/Decoding", "Core/Onnx: OnnxGraph OnnxOptions OnnxWeights", "Core/Export: LanguageModelGraph",
                "Core/Distributed: DistributedOptions RankGroup",
                "Core/Training",
                "Core/MemoryEstimates"),
        ],
        Accepted =
        [
            new("A public record whose factories each count for one network.",
                "Bdia.Core/MemoryEstimates/ImageMemory", "Bdia.Core/MemoryEstimates/LanguageMemory",
                    "Bdia.Core/MemoryEstimates/MemoryEstimate", "Bdia.Core/MemoryEstimates/TextEncoderMemory",
                    "Bdia.Core/MemoryEstimates/TextMemory"),
            new("The interface's file chooses between its two implementations.",
                "Bdia.Core/Reversible/IStepKernel", "Bdia.Core/Reversible/SimdStepKernel", "Bdia.Core/Reversible/TensorStepKernel"),
            new("A network makes its incremental decoding, which asks it for the next step.",
                "Bdia.Core/Models/EncoderDecoder", "Bdia.Core/Models/EncoderDecoderDecoding"),
            new("A network makes its incremental decoding, which asks it for the next step.",
                "Bdia.Core/Models/LanguageModel", "Bdia.Core/Models/LanguageModelDecoding"),
            new("A step of decoding takes rows through the sub-layers of a block, which ask it for products.",
                "Bdia.Core/Blocks/BlockStep", "Bdia.Core/Blocks/DecoderStep", "Bdia.Core/Blocks/SublayerStep"),
            new("The view of cached keys, and attention over it.", "Bdia.Core/Operations/CachedAttentionKernel",
                "Bdia.Core/Operations/KeyValueView"),
            new("What a residual gives where it has no backward pass of its own.", "Bdia.Core/Reversible/GraphEvaluation",
                "Bdia.Core/Reversible/Residual"),
        ],
    };

    private static readonly CompiledCode Core = CompiledCode.Read(AppContext.BaseDirectory, "src", "Bdia.Core.dll");

    [Fact]
    public void The_core_uses_what_the_table_permits_all_of_it_and_nothing_else() => SourceTree.AssertNone(Table.Faults(Core, "Bdia.Core"));

    [Fact]
    public void The_table_would_notice_if_one_of_its_arrows_were_not_permitted()
        => Assert.All(Table.Rooms.SelectMany(room => room.Uses, (room, use) => (room, use)), item =>
        {
            var without = new ArrowTable
            {
                Rooms = [.. Table.Rooms.Select(room => room == item.room
                    ? item.room with { Uses = [.. room.Uses.Where(use => use != item.use)] } : room)],
                Accepted = Table.Accepted,
            };
            Assert.Contains(without.Faults(Core, "Bdia.Core"),
                fault => fault.EndsWith($"of {item.use.Split(':')[0]}, which {item.room.Folder} may not.", StringComparison.Ordinal));
        });

    [Fact]
    public void The_readme_names_every_folder_in_the_order_of_the_table()
        => Assert.Equal(Table.Rooms.Select(room => room.Folder),
            MapRow().Matches(File.ReadAllText(Path.Combine(SourceTree.Root, "src", "Bdia.Core", "README.md")))
            .Select(row => $"Core/{row.Groups[1].Value}"));

    [Fact]
    public void The_table_has_every_folder_of_the_tree()
        => Assert.Equal(Table.Rooms.Select(room => room.Folder).Order(StringComparer.Ordinal),
            Directory.GetDirectories(Path.Combine(SourceTree.Root, "src", "Bdia.Core"))
            .Select(folder => Path.GetFileName(folder)!).Where(name => name is not ("bin" or "obj"))
                .Select(name => $"Core/{name}").Order(StringComparer.Ordinal));

    [Fact]
    public void Namespace_and_folder_agree()
        => SourceTree.AssertNone(Core.Types.Where(type => Namespace(type.Key) != $"Bdia.{ArrowMatrix.Folder(type.Value).Replace('/', '.')}")
            .Select(type => $"{type.Value}: {type.Key}"));

    [Fact]
    public void The_core_knows_nothing_of_ML_NET()
        // Its tokenizers are a package of their own, without ML.NET behind it; one folder alone uses them.
        => SourceTree.AssertNone(Core.Foreign
            .Where(use => use.Type.StartsWith("Microsoft.ML.", StringComparison.Ordinal))
            .Where(use => ArrowMatrix.Folder(use.File) != "Core/Text"
                || !use.Type.StartsWith("Microsoft.ML.Tokenizers.", StringComparison.Ordinal))
            .Select(use => $"{use.File} uses {use.Type}"));

    [Fact]
    public void Training_knows_no_model()
        => SourceTree.AssertNone(SourceTree.CSharp("src/Bdia.Core/Training").Where(file => ModelWord().IsMatch(file.Code))
            .Select(file => $"{file.Path}: {ModelWord().Match(file.Code)}"));

    [Fact]
    public void What_trainers_share_in_ML_NET_knows_none_of_them()
        => SourceTree.AssertNone(SourceTree.CSharp("src/Bdia.MLNet")
            .Where(file => SharedPart().IsMatch(file.Path) && ModelWord().IsMatch(file.Code))
            .Select(file => $"{file.Path}: {ModelWord().Match(file.Code)}"));

    private static string Namespace(string type) => type.Split('/')[0] is var outer ? outer[..outer.LastIndexOf('.')] : "";

    [GeneratedRegex(@"\b\w*(Vision|Image|Translation|SequenceToSequence|TextClassif|TextGeneration|TextEncoder)\w*\b")]
    private static partial Regex ModelWord();

    [GeneratedRegex(@"^\| `(\w+)` \| ", RegexOptions.Multiline)]
    private static partial Regex MapRow();

    [GeneratedRegex("^src/Bdia.MLNet/(Internals|Scoring|Columns|ModelFiles|Texts|Trainers)/")]
    private static partial Regex SharedPart();
}
