using System.Text.Json;
using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;
using Encoding = System.Text.Encoding;

namespace Bdia.Core.TextGeneration;

/// <summary>
/// A trained language model with its tokenizer: it goes on with texts, and judges them. Safe to use from several threads at once.
/// </summary>
/// <remarks>Disposing frees the network; calling it again does nothing.</remarks>
public sealed class TextGenerator : IDisposable
{
    private const int JudgedTokensPerBatch = 4096;

    private bool disposed;

    /// <summary>Takes over a network.</summary>
    /// <param name="model">The network; disposed with the generator.</param>
    /// <param name="tokenizer">The tokenizer it was trained with.</param>
    /// <param name="decoding">How texts are written unless told otherwise.</param>
    /// <param name="result">How its training went, if it was trained here.</param>
    /// <exception cref="ArgumentException">The parts do not belong together, or an option is out of range.</exception>
    public TextGenerator(LanguageModel model, ITextTokenizer tokenizer, DecodingOptions decoding, TrainingResult? result = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(decoding);
        decoding.Validate();
        GeneratorDescription.Check(model.Options, tokenizer);
        (Model, Tokenizer, Decoding, Result) = (model, tokenizer, decoding, result);
        model.eval();
    }

    /// <summary>The network, in evaluation mode.</summary>
    public LanguageModel Model { get; }

    /// <summary>The tokenizer.</summary>
    public ITextTokenizer Tokenizer { get; }

    /// <summary>How texts are written unless told otherwise.</summary>
    public DecodingOptions Decoding { get; }

    /// <summary>How training went; null for a generator that was loaded.</summary>
    public TrainingResult? Result { get; }

    /// <summary>
    /// Tokens of the longest prompt that is read whole: as many as leave room for the longest output, and at least half of those that the
    /// network reads at once.
    /// </summary>
    /// <param name="decoding">How texts are to be written; null = <see cref="Decoding"/>.</param>
    public int LongestPrompt(DecodingOptions? decoding = null)
    {
        var (places, options) = (Model.Options.MaxLength, decoding ?? Decoding);
        var room = (long)places - options.LongestOutput(0) - WrittenText.Prefix(Tokenizer, options).Length;
        return (int)Math.Clamp(room, places / 2, places - 1);
    }

    /// <summary>Tokens of a text.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>0 for a text of which normalisation leaves nothing.</returns>
    public int CountTokens(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Tokenizer.Encode(text).Count;
    }

    /// <summary>Goes on with texts, together.</summary>
    /// <param name="prompts">What the texts begin with, any number; null or "" for nothing. Of those with more tokens than
    /// <see cref="LongestPrompt"/>, the last ones are read.</param>
    /// <param name="decoding">How; null = <see cref="Decoding"/>. A longest output is <see cref="DecodingOptions.MaxLengthConstant"/>
    /// (where that is null, 50), and never more than there is room for behind the prompt.</param>
    /// <param name="cancellation">Ends the work within a step.</param>
    /// <returns>
    /// For each prompt what was written, best first: <see cref="DecodingOptions.BestCount"/> texts, or fewer where the search found no
    /// more.
    /// </returns>
    /// <exception cref="ArgumentException">An option is out of range, or the prefix leaves no room.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="Reversible.ReversibilityException">A text is so far from the training data that a state left the range of the
    /// network's grid.</exception>
    public IReadOnlyList<IReadOnlyList<Continuation>> Continue(IReadOnlyList<string?> prompts, DecodingOptions? decoding = null,
        CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(prompts);
        decoding ??= Decoding;
        decoding.Validate();
        var longest = LongestPrompt(decoding);
        int[][] ids = [.. prompts.Select(prompt => NetworkIds.Of(Tokenizer, prompt ?? "")[..^1])];
        var inputs = ids.Select(prompt => new DecodingInput([], prompt[Math.Max(0, prompt.Length - longest)..])).ToArray();
        var found = Decoder.Decode(Model, inputs, decoding, Tokenizer, cancellation);
        return [.. found.Select((best, i) => best.Select(one =>
            new Continuation(WrittenText.Of(Tokenizer, inputs[i].Prompt, decoding, one), one.Score, one.Finished)
            {
                TokenLogProbabilities = one.TokenLogProbabilities,
            }).ToArray())];
    }

    /// <summary>Tells how well the network foresees texts.</summary>
    /// <remarks>Texts of more tokens than the network reads at once are cut into windows, whose first tokens are foreseen from little: a
    /// network that reads more does better.</remarks>
    /// <param name="texts">Any texts; those that are null or of which normalisation leaves nothing are left out.</param>
    /// <param name="cancellation">Ends the work between two batches.</param>
    /// <returns>Figures over all texts.</returns>
    /// <exception cref="InvalidDataException">None of the texts holds anything.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    /// <exception cref="Reversible.ReversibilityException">A text is so far from the training data that a state left the range of the
    /// network's grid.</exception>
    public TextLikelihood Judge(IEnumerable<string?> texts, CancellationToken cancellation = default)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(texts);
        var store = new TokenStore(Model.Options.Vocabulary);
        var (bytes, unknown) = (0L, 0L);
        foreach (var text in texts)
        {
            var ids = NetworkIds.Of(Tokenizer, text ?? "");
            if (ids.Length == 1) continue;
            store.Add(ids);
            bytes += Encoding.UTF8.GetByteCount(Tokenizer.Normalize(text!));
            if (Tokenizer.UnknownId is { } id) unknown += ids.Count(one => one == id + SpecialTokens.Count);
        }

        if (store.Count == 0)
            throw new InvalidDataException("There is nothing to judge: no text holds anything. Give at least one that does.");
        var (loss, tokens, correct) = (0.0, 0L, 0L);
        foreach (var batch in WindowLoss.Sums(Model, store, Model.Options.MaxLength, JudgedTokensPerBatch, Model.Device,
            cancellation.ThrowIfCancellationRequested))
            (loss, tokens, correct) = (loss + batch.Loss, tokens + batch.Tokens, correct + batch.Correct);
        return new TextLikelihood(loss, tokens, correct, bytes, unknown, store.Count);
    }

    /// <summary>Writes the weights in the safetensors format, under GPT-2's names: <see cref="Gpt2Weights"/>.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        Gpt2Weights.Write(Model, stream);
    }

    /// <summary>
    /// Writes the network as <c>decoder.onnx</c>, one step that is run for each token, and beside it <c>generator.json</c>: ids,
    /// tokenizer, bounds and decoding, which is all that another program needs to go on with texts with ONNX Runtime.
    /// </summary>
    /// <remarks>Logits equal the model's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <param name="decoding">What is written down of how texts are written; null for <see cref="Decoding"/>.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the tokenizer is of a class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or the file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The generator was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null, DecodingOptions? decoding = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        SaveOnnx(options, decoding, (decoder, json) =>
        {
            Directory.CreateDirectory(folder);
            DurableFile.Write(Path.Combine(folder, "decoder.onnx"), decoder);
            DurableFile.Write(Path.Combine(folder, "generator.json"), stream => stream.Write(json));
        });
    }

    /// <summary>Writes the two to streams, which stay open.</summary>
    /// <param name="decoder">For decoder.onnx.</param>
    /// <param name="description">For generator.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions, DecodingOptions)"/>
    public void SaveOnnx(Stream decoder, Stream description, OnnxOptions? options = null, DecodingOptions? decoding = null)
    {
        ArgumentNullException.ThrowIfNull(decoder);
        ArgumentNullException.ThrowIfNull(description);
        SaveOnnx(options, decoding, (write, json) =>
        {
            write(decoder);
            description.Write(json);
        });
    }

    private void SaveOnnx(OnnxOptions? options, DecodingOptions? decoding, Action<Action<Stream>, byte[]> write)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        options ??= new();
        options.Validate();
        decoding ??= Decoding;
        decoding.Validate();
        GeneratorOnnx.Write(new(Model.Options, Tokenizer, decoding), Model, options, write);
    }

    /// <summary>Everything but the weights as JSON: format version, network options, tokenizer, decoding.</summary>
    /// <returns>Text that <see cref="Load(Stream, string, torch.Device)"/> takes.</returns>
    public string ToJson() => new GeneratorDescription(Model.Options, Tokenizer, Decoding).ToJson();

    /// <summary>Puts a saved generator together again.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="device">Where to compute; null = the CPU.</param>
    /// <returns>A generator whose texts and scores are those of the saved one, bit for bit, on the same machine.</returns>
    /// <exception cref="InvalidDataException">One of them is damaged, foreign or of another format version, or they do not belong
    /// together.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    public static TextGenerator Load(Stream weights, string json, Device? device = null)
        => Load(weights, GeneratorDescription.Parse(json), device);

    /// <summary>Puts a saved generator together again, of a description that is part of a larger document.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave, parsed.</param>
    /// <param name="device">Where to compute; null = the CPU.</param>
    /// <inheritdoc cref="Load(Stream, string, torch.Device)"/>
    public static TextGenerator Load(Stream weights, JsonElement json, Device? device = null)
        => Load(weights, GeneratorDescription.Parse(json), device);

    /// <inheritdoc/>
    public void Dispose()
    {
        if (disposed) return;
        disposed = true;
        Model.Dispose();
    }

    private static TextGenerator Load(Stream weights, GeneratorDescription description, Device? device)
    {
        BdiaRuntime.EnsureLoaded();
        var model = Gpt2Weights.Read(description.Model, weights);
        try
        {
            if (device is not null && device.type != DeviceType.CPU) model.to(device);
            return new TextGenerator(model, description.Tokenizer, description.Decoding);
        }
        catch
        {
            model.Dispose();
            throw;
        }
    }
}
