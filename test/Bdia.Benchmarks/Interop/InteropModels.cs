using Bdia.Benchmarks.Data;
using Bdia.Benchmarks.Scoring;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet;
using Microsoft.ML;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Interop;

/// <summary>Networks with random weights, as models of ours and as ONNX files, in a folder that lasts as long as the suite.</summary>
internal sealed class InteropModels : IDisposable
{
    // How the contenders' processes learn of the folder.
    private const string FolderVariable = "BDIA_INTEROP_MODELS";

    private const int Vocabulary = 8000, Texts = 4000;

    private readonly ScoringModel pictures;
    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("bdia-interop-");

    public InteropModels(IEnumerable<VisionTransformerPreset> networks, EncoderDecoderPreset writer, int tokens)
    {
        Environment.SetEnvironmentVariable(FolderVariable, folder.FullName);
        pictures = new ScoringModel(networks);
        foreach (var preset in networks)
        {
            using var model = (IDisposable)new MLContext().Model.Load(ScoringModel.File(preset), out _);
            ((ITransformer)model).Part<BdiaImageClassificationTransformer>().SaveOnnx(Onnx(preset));
        }

        SaveTranslator(writer, tokens);
    }

    private static string Folder => Environment.GetEnvironmentVariable(FolderVariable)!;

    /// <summary>Where the translator's ONNX files are.</summary>
    public static string TextFolder => Path.Combine(Folder, "translator");

    public static string Onnx(VisionTransformerPreset preset) => Path.Combine(Folder, $"{preset}.onnx");

    /// <summary>The translator of ours.</summary>
    public static Translator Open()
    {
        using var weights = File.OpenRead(Path.Combine(TextFolder, "weights.safetensors"));
        return Translator.Load(weights, File.ReadAllText(Path.Combine(TextFolder, "model.json")));
    }

    /// <summary>Texts to read.</summary>
    public static IReadOnlyList<string> Sources(int count) => [.. Sentences.Draw(count).Select(sentence => sentence.Source)];

    public void Dispose()
    {
        pictures.Dispose();
        folder.Delete(recursive: true);
    }

    private static void SaveTranslator(EncoderDecoderPreset preset, int tokens)
    {
        var tokenizer = TextTokenizer.Train(Sources(Texts), new() { VocabularySize = Vocabulary });
        var ids = tokenizer.Size + SpecialTokens.Count;
        using var translator = new Translator(
            new EncoderDecoder(EncoderDecoderOptions.FromPreset(preset, ids, ids), seed: 1), tokenizer, tokenizer, maxTokens: 256,
            LongTextPolicy.Truncate, new() { BeamSize = 1, MaxLengthRatio = 0, MaxLengthConstant = tokens });
        // A vector of zeros gives the end token the logit 0, where the best of thousands of random ones is far above: no text ends itself.
        using (no_grad())
        {
            using var end = translator.Model.named_parameters().Single(p => p.name == "target_embed.weight").parameter
                .select(0, SpecialTokens.End);
            end.zero_();
        }

        translator.SaveOnnx(TextFolder);
        using var weights = File.Create(Path.Combine(TextFolder, "weights.safetensors"));
        translator.SaveWeights(weights);
        File.WriteAllText(Path.Combine(TextFolder, "model.json"), translator.ToJson());
    }
}
