using System.Runtime.InteropServices;
using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Native;
using Bdia.Core.Onnx;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.ImageClassification;

/// <summary>A trained vision transformer with the normalisation that its images need: pixels in, class probabilities out.</summary>
/// <remarks>Scoring from several threads at once is safe. Disposing frees the network; calling it again does nothing.</remarks>
public sealed class ImageClassifier : IDisposable
{
    // Tokens per forward pass, to the nearest number of passes: enough to keep the cores busy, and few enough that a layer finds in the
    // cache what the one before it wrote. Half as many and twice as many are a little slower, and memory stays flat for any count of
    // images. Not at most so many: 64 images of 65 tokens would then take three passes, and with 21 images each instead of 32 they took 5 %
    // longer.
    private const int TokensAtOnce = 2048;

    private readonly Device device;
    private readonly int pixels;
    private bool disposed;
    private volatile GammaEnsemble? ensemble;

    /// <summary>Takes over a network.</summary>
    /// <param name="model">The network; disposed with the classifier.</param>
    /// <param name="normalization">The normalisation that it was trained with.</param>
    /// <param name="result">How its training went, if it was trained here.</param>
    public ImageClassifier(VisionTransformer model, PixelNormalization normalization, TrainingResult? result = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(normalization);
        normalization.Validate(model.Options.Channels);
        (Model, Normalization, Result) = (model, normalization, result);
        device = model.parameters().First().device;
        pixels = model.Options.Channels * model.Options.ImageHeight * model.Options.ImageWidth;
        model.eval();
    }

    /// <summary>The network, in evaluation mode.</summary>
    public VisionTransformer Model { get; }

    /// <summary>The normalisation that <see cref="Score"/> applies.</summary>
    public PixelNormalization Normalization { get; }

    /// <summary>How training went; null for a classifier that was loaded.</summary>
    public TrainingResult? Result { get; }

    /// <summary>
    /// Several passes in place of one; null, the default, is the standard network. Not part of what is saved here. It holds for calls of
    /// <see cref="Score"/> that begin after it is set.
    /// </summary>
    /// <exception cref="ArgumentException">Values are out of range.</exception>
    public GammaEnsemble? Ensemble
    {
        get => ensemble;
        set
        {
            value?.Validate();
            ensemble = value;
        }
    }

    /// <summary>Gives each image a probability for every class.</summary>
    /// <param name="pixels">The images one after the other, each planar (C, H, W), in the units of the training data.</param>
    /// <param name="count">Number of images, 0 or more.</param>
    /// <param name="probabilities">Where to, (count, classes); each row sums to 1 within 1e-6.</param>
    /// <exception cref="ArgumentException">A span has not the length that <paramref name="count"/> asks for, or a pixel is not
    /// finite.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    /// <exception cref="Reversible.ReversibilityException">An image is so far from the training data that a state left the range of the
    /// network's grid.</exception>
    public void Score(ReadOnlySpan<float> pixels, int count, Span<float> probabilities)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        var classes = Model.Options.Classes;
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        if (pixels.Length != (long)count * this.pixels)
            throw new ArgumentException($"There are {pixels.Length} pixel values for {count} images, which need "
                + $"{(long)count * this.pixels}; give {this.pixels} for each.", nameof(pixels));
        if (probabilities.Length != (long)count * classes)
            throw new ArgumentException($"There is room for {probabilities.Length} probabilities of {count} images, which need "
                + $"{(long)count * classes}; give {classes} for each.", nameof(probabilities));

        // Even shares: a small last one would run at the speed of single images.
        var chunks = Math.Min(count, Math.Max(1, (int)Math.Round((double)count * Model.Options.Tokens / TokensAtOnce)));
        for (var chunk = 0; chunk < chunks; chunk++)
        {
            var first = (int)((long)count * chunk / chunks);
            var images = (int)((long)count * (chunk + 1) / chunks) - first;
            ScoreChunk(pixels.Slice(first * this.pixels, images * this.pixels), first, images,
                probabilities.Slice(first * classes, images * classes));
        }
    }

    /// <summary>Writes the weights in the safetensors format, under the names of timm's vision transformer.</summary>
    /// <param name="stream">Where to.</param>
    public void SaveWeights(Stream stream)
    {
        ObjectDisposedException.ThrowIf(disposed, this);
        SafeTensors.Write(stream, ModuleState.Save(Model));
    }

    /// <summary>
    /// Writes the network as an ONNX file, for ONNX Runtime and other programs: input <c>image</c> (batch, C, H, W), pixels as
    /// <see cref="Score"/> takes them, for any number of images; outputs <c>probabilities</c> and <c>logits</c>, (batch, classes).
    /// </summary>
    /// <remarks>
    /// Normalisation and grid are part of the file. Scores equal the model's up to rounding, which the grid may turn into a grid step
    /// (docs/howto/export-to-onnx.md has what was measured). Products are float32 whatever the precision of training. An image so far from
    /// the training data that
    /// <see cref="Score"/> refuses it is scored all the same.
    /// </remarks>
    /// <param name="stream">Where to, from its position on; it stays open.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <param name="classNames">Names of the classes, which go along as metadata, <c>classes</c>; null for none.</param>
    /// <exception cref="ArgumentException">Options are out of range, or there are not as many names as classes.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, <see cref="Ensemble"/> is set, or the file
    /// would have more than 2 GB; nothing was written.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public void SaveOnnx(Stream stream, OnnxOptions? options = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(disposed, this);
        options ??= new();
        options.Validate();
        if (classNames is not null && classNames.Count != Model.Options.Classes)
            throw new ArgumentException($"There are {classNames.Count} names for {Model.Options.Classes} classes; give one for each.",
                nameof(classNames));
        RequireStandard();
        ImageClassifierOnnx.Write(stream, Model, Normalization, options, classNames);
    }

    /// <summary>Writes the file whole or not at all; an earlier one of that name is replaced.</summary>
    /// <param name="path">The file.</param>
    /// <inheritdoc cref="SaveOnnx(Stream, OnnxOptions, IReadOnlyList{string})"/>
    public void SaveOnnx(string path, OnnxOptions? options = null, IReadOnlyList<string>? classNames = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        DurableFile.Write(path, stream => SaveOnnx(stream, options, classNames));
    }

    /// <summary>Adds the network to a graph that somebody else puts together.</summary>
    /// <param name="graph">Where to. Its constants are the network's own weights: write it before they change.</param>
    /// <param name="image">Name of the value that holds the pixels, (batch, C, H, W), as <see cref="Score"/> takes them.</param>
    /// <returns>Names of the values that hold logits and probabilities, (batch, classes).</returns>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or <see cref="Ensemble"/> is set.</exception>
    /// <exception cref="ObjectDisposedException">The classifier was disposed.</exception>
    public (string Logits, string Probabilities) AddTo(IOnnxGraph graph, string image)
    {
        ArgumentNullException.ThrowIfNull(graph);
        ArgumentException.ThrowIfNullOrEmpty(image);
        ObjectDisposedException.ThrowIf(disposed, this);
        RequireStandard();
        return ImageClassifierOnnx.Add(graph, Model, Normalization, image);
    }

    /// <summary>Everything but the weights as JSON: format version, network options, normalisation.</summary>
    /// <returns>Text that <see cref="Load(Stream, string, torch.Device)"/> takes.</returns>
    public string ToJson() => new ImageClassifierDescription(Model.Options, Normalization).ToJson();

    /// <summary>Puts a saved classifier together again.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave.</param>
    /// <param name="device">Where to score; null = the CPU.</param>
    /// <returns>A classifier whose scores are those of the saved one, bit for bit, on the same machine.</returns>
    /// <exception cref="InvalidDataException">One of them is damaged, foreign or of another format version, or they do not belong
    /// together.</exception>
    /// <exception cref="NativeLibraryMissingException">libtorch cannot be loaded; the message names the package to reference.</exception>
    public static ImageClassifier Load(Stream weights, string json, Device? device = null)
        => Load(weights, ImageClassifierDescription.Parse(json), device);

    /// <summary>Puts a saved classifier together again, of a description that is part of a larger document.</summary>
    /// <param name="weights">What <see cref="SaveWeights"/> wrote.</param>
    /// <param name="json">What <see cref="ToJson"/> gave, parsed.</param>
    /// <param name="device">Where to compute; null = the CPU.</param>
    /// <inheritdoc cref="Load(Stream, string, torch.Device)"/>
    public static ImageClassifier Load(Stream weights, JsonElement json, Device? device = null)
        => Load(weights, ImageClassifierDescription.Parse(json), device);

    private static ImageClassifier Load(Stream weights, ImageClassifierDescription description, Device? device)
    {
        BdiaRuntime.EnsureLoaded();
        var model = ModuleState.Fill(description.Weights, () => VisionTransformer.WithoutValues(description.Model), weights);
        try
        {
            if (device is not null && device.type != DeviceType.CPU) model.to(device);
            return new ImageClassifier(model, description.Normalization);
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

    private void RequireStandard()
    {
        if (ensemble is { } together)
            throw new NotSupportedException($"Ensemble asks for {together.Passes} passes, and an ONNX file holds the standard network, "
                + "which is one. Set Ensemble to null. Nothing was written.");
    }

    private void ScoreChunk(ReadOnlySpan<float> pixels, int first, int count, Span<float> probabilities)
    {
        if (RowCheck.FirstNotFinite(pixels) is { } at)
            throw new ArgumentException($"Image {first + at / this.pixels} has the value {pixels[at]} at position {at % this.pixels}; "
                + "pixels must be finite.", nameof(pixels));

        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var options = Model.Options;
        var images = empty([count, options.Channels, options.ImageHeight, options.ImageWidth], float32, CPU);
        var normalized = MemoryMarshal.Cast<byte, float>(images.bytes);
        for (var i = 0; i < count; i++) Normalization.Apply(pixels.Slice(i * this.pixels, this.pixels),
            normalized.Slice(i * this.pixels, this.pixels));

        images = images.to(device);
        if (ensemble is not { } together)
        {
            ClassLoss.Probabilities(Model.forward(images), probabilities);
            return;
        }

        var (one, sums) = (new float[probabilities.Length], new double[probabilities.Length]);
        for (var pass = 0; pass < together.Passes; pass++)
        {
            using var ofPass = NewDisposeScope();
            ClassLoss.Probabilities(Model.Drawn(images, together.Pass(pass)), one);
            for (var i = 0; i < one.Length; i++) sums[i] += one[i];
        }

        for (var i = 0; i < one.Length; i++) probabilities[i] = (float)(sums[i] / together.Passes);
    }
}
