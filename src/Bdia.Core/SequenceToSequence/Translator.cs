using System.Text.Json;
using Bdia.Core.Decoding;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.SequenceToSequence;

/// <summary>A trained encoder-decoder with its tokenizers: text in, text out. Safe to use from several threads at once.</summary>
/// <remarks>Disposing frees the network; calling it again does nothing.</remarks>
public sealed class Translator : IDisposable
{
    private bool disposed;

    /// <summary>Takes over a network.</summary>
    /// <param name="model">The network; disposed with the translator.</param>
    /// <param name="source">Tokenizer of the input, the one it was trained with.</param>
    /// <param name="target">Tokenizer of the output, the one it was trained with; may be the same object.</param>
    /// <param name="maxTokens">Tokens of the longest input, end token included, 2 up to the network's MaxLength.</param>
    /// <param name="longTexts">What becomes of longer input.</param>
    /// <param name="decoding">How texts are decoded unless told otherwise.</param>
    /// <param name="result">How its training went, if it was trained here.</param>
    /// <param name="maxLengthConstant">What a <see cref="DecodingOptions.MaxLengthConstant"/> of null stands for, 0..10,000; null =
    /// 50.</param>
    /// <exception cref="ArgumentException">The parts do not belong together, or an option is out of range.</exception>
    public Translator(
        EncoderDecoder model, ITextTokenizer source, ITextTokenizer target, int maxTokens, LongTextPolicy longTexts,
            DecodingOptions decoding,
        TrainingResult? result = null, int? maxLengthConstant = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(decoding);
        decoding.Validate();
        (decoding with { MaxLengthConstant = maxLengthConstant }).Validate();
        TranslatorDescription.Check(model.Options, source, target, maxTokens, longTexts);
        (Model, SourceTokenizer, TargetTokenizer, MaxTokens, LongTexts, Decoding, Result) =
            (model, source, target, maxTokens, longTexts, decoding, result);
        MaxLengthConstant = maxLengthConstant ?? DecodingOptions.LeastFittedConstant;
        model.eval();
    }

    /// <summary>The network, in evaluation mode.</summary>
    public EncoderDecoder Model { get; }

    /// <summary>Tokenizer of the input.</summary>
    public ITextTokenizer SourceTokenizer { get; }

    /// <summary>Tokenizer of the output; the same object as <see cref="SourceTokenizer"/> where they share one.</summary>
    public ITextTokenizer TargetTokenizer { get; }

    /// <summary>Tokens of the longest input, end token included.</summary>
    public int MaxTokens { get; }

    /// <summary>What becomes of longer input: its end is cut off, or it is an error.</summary>
    public LongTextPolicy LongTexts { get; }

    /// <summary>How texts are decoded unless told otherwise.</summary>
    public DecodingOptions Decoding { get; }

    /// <summary>
    /// What a <see cref="DecodingOptions.MaxLengthConstant"/> of null stands for: a quarter more tokens than any training target had beyond
    /// <see cref="DecodingOptions.MaxLengthRatio"/> times its source, at least 50. Saved with the translator; 50 for those saved before it
    /// was fitted.
    /// </summary>
    public int MaxLengthConstant { get; }

    /// <summary>How training went; null for a translator that was loaded.</summary>
    public TrainingResult? Result { get; }

    /// <summary>
    /// Tokens of a text as the network sees it, end token included: a text with more than <see cref="MaxTokens"/> is treated by
    /// <see cref="LongTexts"/>.
    /// </summary>
    /// <param name="text">Any text.</param>
    /// <returns>At least 1; that is a text of which normalisation leaves nothing.</returns>
    public int CountTokens(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return SourceTokenizer.Encode(text).Count + 1;
    }

    /// <summary>Translates texts together.</summary>
    /// <param name="texts">Any texts, any number.</param>
    /// <param name="decoding">How; null = <see cref="Decoding"/>.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>
    /// For each text its translations, best first: <see cref="DecodingOptions.BestCount"/> of them, or fewer where the search found no
    /// more. A text that is null or of which normalisation leaves nothing has one, the empty text with score 0.
    /// </returns>
    /// <exception cref="ArgumentException">A text is longer than <see cref="MaxTokens"/>, and <see cref="LongTexts"/> is
    /// <see cref="LongTextPolicy.Throw"/>; the message names its index. Or an option is out of range.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The translator was disposed.</exception>
    /// <exception cref="Reversible.ReversibilityException">A text is so far from the training data that a state left the range of the
    /// network's grid.</exception>
    public IReadOnlyList<IReadOnlyList<Translation>> Translate(IReadOnlyList<string> texts, DecodingOptions? decoding = null,
        CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(texts);
        decoding ??= Decoding;
        decoding.Validate();
        decoding = decoding with { MaxLengthConstant = decoding.MaxLengthConstant ?? MaxLengthConstant };
        var translations = new IReadOnlyList<Translation>[texts.Count];
        var (sources, places) = (new List<int[]>(), new List<int>());
        for (var i = 0; i < texts.Count; i++)
        {
            var ids = Source(texts[i], i);
            if (ids.Length == 1)
            {
                translations[i] = [new Translation("", 0, Finished: true)];
                continue;
            }

            sources.Add(ids);
            places.Add(i);
        }

        if (sources.Count == 0) return translations;
        var hypotheses = Decoder.Decode(Model, [.. sources.Select(source => new DecodingInput(source, []))], decoding, TargetTokenizer,
            cancellation);
        for (var i = 0; i < places.Count; i++)
        {
            translations[places[i]] =
                [.. hypotheses[i].Select(one => new Translation(WrittenText.Of(TargetTokenizer, [], decoding, one), one.Score, one.Finished)
                {
                    TokenLogProbabilities = one.TokenLogProbabilities,
                })];
        }

        return translations;
    }

    /// <summary>Writes the weights in the safetensors format.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        SafeTensors.Write(stream, ModuleState.Save(Model));
    }

    /// <summary>
    /// Writes the network as two ONNX files and a JSON file, which other programs translate with: <c>encoder.onnx</c> reads sources once,
    /// <c>decoder.onnx</c> is run for each token that is written, with keys and values of what was written before, and
    /// <c>translator.json</c> has what else they need: ids, tokenizers with their normalisation, bounds, decoding.
    /// </summary>
    /// <remarks>
    /// Logits equal the model's up to rounding, which the grid of the states may turn into a grid step. docs/howto/export-to-onnx.md
    /// has all names and shapes.
    /// </remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <param name="decoding">How to decode, for the JSON, and to say how many places the decoder needs; null =
    /// <see cref="Decoding"/>.</param>
    /// <param name="longTexts">What becomes of longer input, for the JSON; null = <see cref="LongTexts"/>.</param>
    /// <exception cref="ArgumentException">Options are out of range, or a tokenizer is of a class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or a file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The translator was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null, DecodingOptions? decoding = null, LongTextPolicy? longTexts = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        SaveOnnx(options, decoding, longTexts, (encoder, decoder, json) =>
        {
            Directory.CreateDirectory(folder);
            DurableFile.Write(Path.Combine(folder, "encoder.onnx"), encoder);
            DurableFile.Write(Path.Combine(folder, "decoder.onnx"), decoder);
            DurableFile.Write(Path.Combine(folder, "translator.json"), stream => stream.Write(json));
        });
    }

    /// <summary>Writes the three to streams, which stay open.</summary>
    /// <param name="encoder">For encoder.onnx.</param>
    /// <param name="decoder">For decoder.onnx.</param>
    /// <param name="description">For translator.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions, DecodingOptions, LongTextPolicy?)"/>
    public void SaveOnnx(Stream encoder, Stream decoder, Stream description, OnnxOptions? options = null, DecodingOptions? decoding = null,
        LongTextPolicy? longTexts = null)
    {
        ArgumentNullException.ThrowIfNull(encoder);
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(description);
        SaveOnnx(options, decoding, longTexts, (writeEncoder, writeDecoder, json) =>
        {
            writeEncoder(encoder);
            writeDecoder(decoder);
            description.Write(json);
        });
    }

    /// <summary>Everything but the weights as JSON: format version, network options, tokenizers, lengths, decoding.</summary>
    /// <returns>Text that <see cref="Load(Stream, string, torch.Device)"/> takes.</returns>
    public string ToJson()
        => new TranslatorDescription(Model.Options, SourceTokenizer, TargetTokenizer, MaxTokens, LongTexts,
        Decoding, MaxLengthConstant).ToJson();

    /// <summary>Puts a saved translator together again.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="device">Where to translate; null = the CPU.</param>
    /// <returns>A translator whose translations and scores are those of the saved one, bit for bit, on the same machine.</returns>
    /// <exception cref="InvalidDataException">One of them is damaged, foreign or of another format version, or they do not belong
    /// together.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    public static Translator Load(Stream weights, string json, Device? device = null)
        => Load(weights, TranslatorDescription.Parse(json), device);

    /// <summary>Puts a saved translator together again, of a description that is part of a larger document.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave, parsed.</param>
    /// <param name="device">Where to compute; null = the CPU.</param>
    /// <inheritdoc cref="Load(Stream, string, torch.Device)"/>
    public static Translator Load(Stream weights, JsonElement json, Device? device = null)
        => Load(weights, TranslatorDescription.Parse(json), device);

    private static Translator Load(Stream weights, TranslatorDescription description, Device? device)
    {
        BdiaRuntime.EnsureLoaded();
        var model = ModuleState.Fill(description.Weights, () => EncoderDecoder.WithoutValues(description.Model), weights);
        try
        {
            if (device is not null && device.type != DeviceType.CPU) model.to(device);
            return new Translator(model, description.Source, description.Target, description.MaxTokens,
                description.LongTexts, description.Decoding, maxLengthConstant: description.MaxLengthConstant);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Model.Dispose();
    }

    private void SaveOnnx(OnnxOptions? options, DecodingOptions? decoding, LongTextPolicy? longTexts,
        Action<Action<Stream>, Action<Stream>, byte[]> write)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        options ??= new();
        options.Validate();
        decoding ??= Decoding;
        decoding.Validate();
        var policy = longTexts ?? LongTexts;
        TranslatorDescription.Check(Model.Options, SourceTokenizer, TargetTokenizer, MaxTokens, policy);
        decoding = decoding with { MaxLengthConstant = decoding.MaxLengthConstant ?? MaxLengthConstant };
        var described = new TranslatorDescription(
            Model.Options, SourceTokenizer, TargetTokenizer, MaxTokens, policy, decoding, MaxLengthConstant);
        TranslatorOnnx.Write(described, Model, options, write);
    }

    private int[] Source(string? text, int index)
    {
        var ids = NetworkIds.Of(SourceTokenizer, text ?? "");
        if (ids.Length > MaxTokens && LongTexts == LongTextPolicy.Throw)
        {
            throw new ArgumentException(
                $"Text {index} has {ids.Length} tokens, end token included; MaxTokens is {MaxTokens}. Shorten it, or use a model whose "
                    + $"LongTexts is {LongTextPolicy.Truncate}.");
        }

        return NetworkIds.CutSource(ids, MaxTokens);
    }
}
