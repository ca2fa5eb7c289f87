using System.Runtime.InteropServices;
using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Onnx;
using Bdia.Core.Operations;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextClassification;

/// <summary>A trained text encoder with its tokenizer: texts in, class probabilities out.</summary>
/// <remarks>Scoring from several threads at once is safe. Disposing frees the network; calling it again does nothing.</remarks>
public sealed class TextClassifier : IDisposable
{
    // Ids of a forward pass, padding included: enough to keep the cores busy, few enough to stay in the cache.
    private const int IdsAtOnce = 2048;

    private readonly Device device;
    private bool disposed;

    /// <summary>Takes over a network.</summary>
    /// <param name="model">The network; disposed with the classifier.</param>
    /// <param name="tokenizer">The tokenizer that it was trained with.</param>
    /// <param name="maxTokens">Tokens of the longest row, end tokens included, 2 up to the network's MaxLength.</param>
    /// <param name="longTexts">What becomes of longer rows.</param>
    /// <param name="result">How its training went, if it was trained here.</param>
    /// <exception cref="ArgumentException">The parts do not belong together, or an option is out of range.</exception>
    public TextClassifier(TextEncoder model, ITextTokenizer tokenizer, int maxTokens, LongTextPolicy longTexts,
        TrainingResult? result = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(tokenizer);
        TextClassifierDescription.Check(model.Options, tokenizer, maxTokens, longTexts);
        (Model, Tokenizer, MaxTokens, LongTexts, Result) = (model, tokenizer, maxTokens, longTexts, result);
        device = model.parameters().First().device;
        model.eval();
    }

    /// <summary>The network, in evaluation mode.</summary>
    public TextEncoder Model { get; }

    /// <summary>The tokenizer.</summary>
    public ITextTokenizer Tokenizer { get; }

    /// <summary>Tokens of the longest row, end tokens included; of both texts together where rows are pairs.</summary>
    public int MaxTokens { get; }

    /// <summary>What becomes of longer rows: their end is cut off, of a pair that of the longer text first, or it is an error.</summary>
    public LongTextPolicy LongTexts { get; }

    /// <summary>How training went; null for a classifier that was loaded.</summary>
    public TrainingResult? Result { get; }

    /// <summary>
    /// Tokens of a row as the network sees it, end tokens included, before anything is cut off: a row with more than
    /// <see cref="MaxTokens"/> is treated by <see cref="LongTexts"/>.
    /// </summary>
    /// <param name="text">The text, or the first of two; null is an empty one.</param>
    /// <param name="second">The second text; of no effect where the network takes single texts.</param>
    /// <returns>At least 1, or 2 for a pair; that is a row of which normalisation leaves nothing.</returns>
    public int CountTokens(string? text, string? second = null) => Input(text, second).Tokens;

    /// <summary>Whether there is nothing to read in a row: such a row has no probabilities.</summary>
    /// <param name="text">The text, or the first of two.</param>
    /// <param name="second">The second text; of no effect where the network takes single texts.</param>
    public bool IsEmpty(string? text, string? second = null) => Input(text, second).IsEmpty;

    /// <summary>Gives each row a probability for every class.</summary>
    /// <param name="texts">Any texts, any number; null is an empty one.</param>
    /// <param name="seconds">The second texts, as many, where the network was trained on pairs; null otherwise.</param>
    /// <param name="probabilities">
    /// Where to, (rows, classes); each row sums to 1 within 1e-6. A row of which normalisation leaves nothing gets NaN.
    /// </param>
    /// <exception cref="ArgumentException">The lists have other lengths than belong together, or a row is longer than
    /// <see cref="MaxTokens"/> and <see cref="LongTexts"/> is <see cref="LongTextPolicy.Throw"/>; the message names its
    /// index.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    /// <exception cref="Reversible.ReversibilityException">A text is so far from the training data that a state left the range of the
    /// network's grid.</exception>
    public void Score(IReadOnlyList<string?> texts, IReadOnlyList<string?>? seconds, Span<float> probabilities)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        ArgumentNullException.ThrowIfNull(texts);
        var classes = Model.Options.Classes;
        if (Model.Options.Pairs != seconds is not null || seconds is not null && seconds.Count != texts.Count)
            throw new ArgumentException($"There are {texts.Count} texts and {seconds?.Count ?? 0} second texts; this network takes "
                + (Model.Options.Pairs ? "pairs: give as many of both." : "single texts: give no second ones."), nameof(seconds));
        if (probabilities.Length != (long)texts.Count * classes)
            throw new ArgumentException($"There is room for {probabilities.Length} probabilities of {texts.Count} rows, which need "
                + $"{(long)texts.Count * classes}; give {classes} for each.", nameof(probabilities));

        var rows = new List<(int Row, int[] Ids)>(texts.Count);
        for (var i = 0; i < texts.Count; i++)
        {
            var input = Input(texts[i], seconds?[i]);
            if (input.Tokens > MaxTokens && LongTexts == LongTextPolicy.Throw)
                throw new ArgumentException($"Row {i} has {input.Tokens} tokens, end tokens included; MaxTokens is {MaxTokens}. Shorten "
                    + $"it, or use a model whose LongTexts is {LongTextPolicy.Truncate}.", nameof(texts));
            if (input.IsEmpty) probabilities.Slice(i * classes, classes).Fill(float.NaN);
            else rows.Add((i, input.Ids));
        }

        // Rows of like length together, since a pass takes as long as its longest.
        rows = [.. rows.OrderBy(row => row.Ids.Length)];
        for (var start = 0; start < rows.Count;)
        {
            var count = 1;
            while (start + count < rows.Count && (count + 1) * rows[start + count].Ids.Length <= IdsAtOnce) count++;
            ScoreTogether(rows.GetRange(start, count), probabilities);
            start += count;
        }
    }

    /// <summary>Writes the weights in the safetensors format.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        SafeTensors.Write(stream, ModuleState.Save(Model));
    }

    /// <summary>
    /// Writes the network as <c>classifier.onnx</c>, ids in and probabilities out, and beside it <c>classifier.json</c>: ids, tokenizer,
    /// bounds and class names, which is all that another program needs to classify texts with ONNX Runtime.
    /// </summary>
    /// <remarks>Probabilities equal the classifier's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <param name="classNames">Names of the classes, which go along; null for none.</param>
    /// <exception cref="ArgumentException">Options are out of range, there are more or fewer names than classes, or the tokenizer is of a
    /// class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or the file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        SaveOnnx(options, classNames, (network, json) =>
        {
            Directory.CreateDirectory(folder);
            DurableFile.Write(Path.Combine(folder, "classifier.onnx"), network);
            DurableFile.Write(Path.Combine(folder, "classifier.json"), stream => stream.Write(json));
        });
    }

    /// <summary>Writes the two to streams, which stay open.</summary>
    /// <param name="network">For classifier.onnx.</param>
    /// <param name="description">For classifier.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions, IReadOnlyList{string})"/>
    public void SaveOnnx(Stream network, Stream description, OnnxOptions? options = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(network);
        ArgumentNullException.ThrowIfNull(description);
        SaveOnnx(options, classNames, (write, json) =>
        {
            write(network);
            description.Write(json);
        });
    }

    private void SaveOnnx(OnnxOptions? options, IReadOnlyList<string>? classNames, Action<Action<Stream>, byte[]> write)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        options ??= new();
        options.Validate();
        if (classNames is not null && classNames.Count != Model.Options.Classes)
            throw new ArgumentException($"There are {classNames.Count} names for {Model.Options.Classes} classes; give one for each.",
                nameof(classNames));
        TextClassifierOnnx.Write(new(Model.Options, Tokenizer, MaxTokens, LongTexts), Model, options, classNames, write);
    }

    /// <summary>Everything but the weights as JSON: format version, network options, tokenizer, lengths.</summary>
    /// <returns>Text that <see cref="Load(Stream, string, torch.Device)"/> takes.</returns>
    public string ToJson() => new TextClassifierDescription(Model.Options, Tokenizer, MaxTokens, LongTexts).ToJson();

    /// <summary>Puts a saved classifier together again.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="device">Where to score; null = the CPU.</param>
    /// <returns>A classifier whose scores are those of the saved one, bit for bit, on the same machine.</returns>
    /// <exception cref="InvalidDataException">One of them is damaged, foreign or of another format version, or they do not belong
    /// together.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    public static TextClassifier Load(Stream weights, string json, Device? device = null)
        => Load(weights, TextClassifierDescription.Parse(json), device);

    /// <summary>Puts a saved classifier together again, of a description that is part of a larger document.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave, parsed.</param>
    /// <param name="device">Where to compute; null = the CPU.</param>
    /// <inheritdoc cref="Load(Stream, string, torch.Device)"/>
    public static TextClassifier Load(Stream weights, JsonElement json, Device? device = null)
        => Load(weights, TextClassifierDescription.Parse(json), device);

    private static TextClassifier Load(Stream weights, TextClassifierDescription description, Device? device)
    {
        BdiaRuntime.EnsureLoaded();
        var model = ModuleState.Fill(description.Weights, () => TextEncoder.WithoutValues(description.Model), weights);
        try
        {
            if (device is not null && device.type != DeviceType.CPU) model.to(device);
            return new TextClassifier(model, description.Tokenizer, description.MaxTokens, description.LongTexts);
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

    private ClassifierInput Input(string? text, string? second)
        => ClassifierInput.Of(Tokenizer, text, second, Model.Options.Pairs, MaxTokens);

    private void ScoreTogether(List<(int Row, int[] Ids)> rows, Span<float> probabilities)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var (classes, length) = (Model.Options.Classes, rows[^1].Ids.Length);
        var ids = zeros([rows.Count, length], int64, CPU); // padding is 0
        var written = MemoryMarshal.Cast<byte, long>(ids.bytes);
        for (var i = 0; i < rows.Count; i++)
        {
            for (var t = 0; t < rows[i].Ids.Length; t++) written[i * length + t] = rows[i].Ids[t];
        }

        var scores = new float[rows.Count * classes];
        ClassLoss.Probabilities(Model.forward(ids.to(device)), scores);
        for (var i = 0; i < rows.Count; i++)
            scores.AsSpan(i * classes, classes).CopyTo(probabilities.Slice(rows[i].Row * classes, classes));
    }
}
