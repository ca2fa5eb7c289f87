using Bdia.Core.Common;
using Microsoft.ML;

namespace Bdia.MLNet;

/// <summary>
/// What training begins with in place of random weights: a file, or a model that was fitted or loaded before. A path and a transformer turn
/// into it by themselves: <c>InitialWeights = "vit.safetensors"</c>.
/// </summary>
public sealed class InitialWeights
{
    private readonly BdiaTransformer? model;

    private InitialWeights(string? path, BdiaTransformer? model) => (Path, this.model) = (path, model);

    /// <summary>The file; null for a model in memory.</summary>
    public string? Path { get; }

    /// <summary>Weights in a file: safetensors of others, or a model that <c>mlContext.Model.Save</c> wrote. It is read by Fit.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ArgumentException">The path is empty.</exception>
    public static InitialWeights FromFile(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return new(path, null);
    }

    /// <summary>
    /// The weights of a model of this library. It is left as it is, and must not be disposed before Fit has begun to train.
    /// </summary>
    /// <param name="model">A transformer that was fitted or loaded, or a chain with one in it.</param>
    /// <exception cref="InvalidOperationException">There is no model of this library in the chain, or more than one.</exception>
    public static InitialWeights FromModel(ITransformer model)
    {
        ArgumentNullException.ThrowIfNull(model);
        return new(null, model.Part<BdiaTransformer>());
    }

    /// <summary>As <see cref="FromFile"/>.</summary>
    /// <param name="path">The file.</param>
    public static implicit operator InitialWeights(string path) => FromFile(path);

    /// <summary>As <see cref="FromModel"/>.</summary>
    /// <param name="model">A transformer that was fitted or loaded.</param>
    public static implicit operator InitialWeights(BdiaTransformer model) => FromModel(model);

    /// <summary>The file in quotes, or what kind of model it is.</summary>
    public override string ToString() => Path is null ? $"a {model!.GetType().Name} in memory" : $"'{Path}'";

    /// <summary>Whether it is a model of this library, in memory or in a file.</summary>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal bool IsModel()
    {
        if (model is not null) return true;
        using var stream = File.OpenRead(Path!);
        Span<byte> first = stackalloc byte[2];
        // A zip: what ML.NET writes. PyTorch writes zips too; reading it as a model tells.
        return stream.ReadAtLeast(first, 2, throwOnEndOfStream: false) == 2 && first is [(byte)'P', (byte)'K'];
    }

    /// <summary>The model, for as long as what comes back is not disposed.</summary>
    /// <exception cref="InvalidDataException">The file is no model with such a transformer, or cannot be loaded.</exception>
    internal LoadedModel<TTransformer> Load<TTransformer>() where TTransformer : BdiaTransformer
    {
        if (model is not null)
            return model is TTransformer own ? new(own, null)
                : throw new InvalidDataException($"InitialWeights is {this}, where a {typeof(TTransformer).Name} is needed.");
        ITransformer loaded;
        try
        {
            loaded = new MLContext().Model.Load(Path, out _);
        }
        catch (Exception fault) when (fault is not OutOfMemoryException)
        {
            throw new InvalidDataException(
                $"InitialWeights is {this}, a zip archive that is no model which ML.NET can load: {fault.GetBaseException().Message} (A "
                    + ".pth or "
                + ".bin file of PyTorch is to be turned into safetensors first.)", fault);
        }

        try
        {
            return new(loaded.Part<TTransformer>(), loaded as IDisposable);
        }
        catch (InvalidOperationException fault)
        {
            (loaded as IDisposable)?.Dispose();
            throw new InvalidDataException($"InitialWeights is {this}, a model in which there is not one {typeof(TTransformer).Name}. "
                + fault.Message, fault);
        }
    }

    /// <summary>What is known of it when the trainer is made: a model in a file is loaded by Fit alone.</summary>
    /// <param name="faults">Where a file that is not there is noted.</param>
    /// <param name="check">Notes what contradicts it.</param>
    /// <param name="open">Opens it.</param>
    /// <returns>Null where it is too early to tell.</returns>
    internal T? Early<T>(OptionFaults faults, Action<T> check, Func<T?> open) where T : class
    {
        if (Path is not null && !File.Exists(Path))
        {
            faults.Add($"InitialWeights is '{Path}', and there is no such file.");
            return null;
        }

        if (Path is not null && IsModel()) return null;
        var opened = open()!;
        check(opened);
        return opened;
    }

    /// <summary>What a file holds is known only when Fit has opened it: contradicting options end it here.</summary>
    /// <param name="opened">What was opened; null where there is nothing.</param>
    /// <param name="check">Notes what contradicts it.</param>
    /// <param name="options">What the message calls the options.</param>
    /// <exception cref="ArgumentException">Something does; the message lists all of it.</exception>
    internal static T? Checked<T>(T? opened, Action<T, OptionFaults> check, string options) where T : class, IDisposable
    {
        if (opened is null) return null;
        try
        {
            var faults = new OptionFaults();
            check(opened, faults);
            faults.ThrowIfAny(options);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    /// <summary>A model with what must be disposed with it.</summary>
    internal sealed class LoadedModel<TTransformer>(TTransformer transformer, IDisposable? owner) : IDisposable
    {
        public TTransformer Transformer => transformer;

        public void Dispose() => owner?.Dispose();
    }
}
