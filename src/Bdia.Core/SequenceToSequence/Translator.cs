using System.Text.Json;
using Bdia.Core.Decoding;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Native;
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
