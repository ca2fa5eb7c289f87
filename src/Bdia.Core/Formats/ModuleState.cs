using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>The parameters and buffers of a module as named tensors, and back, strictly.</summary>
public static class ModuleState
{
    /// <summary>The module's own tensors by their state-dict names: nothing is copied, so they change when it trains.</summary>
    /// <param name="module">Any module.</param>
    /// <returns>Name and tensor, in the order of the module's fields.</returns>
    public static IReadOnlyDictionary<string, Tensor> Save(nn.Module module)
    {
        ArgumentNullException.ThrowIfNull(module);
        return module.state_dict();
    }

    /// <summary>Copies tensors into the module, all of them or, on any fault, none.</summary>
    /// <param name="module">Any module, on any device; its tensors keep their device.</param>
    /// <param name="tensors">Exactly the module's state-dict names, with its shapes and element types.</param>
    /// <exception cref="InvalidDataException">Names every missing, unexpected, misshapen and wrongly typed tensor, and those with values
    /// that are NaN or infinite. The module is unchanged.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        FiniteValues.Require(tensors);
        Copy(module, tensors);
    }

    /// <summary>Checks that tensors are a module's own by name, shape and element type; copies nothing.</summary>
    /// <exception cref="InvalidDataException">Names every tensor that is not.</exception>
    internal static void Require(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
        => Require(module, module.state_dict(), tensors);

    /// <summary>As <see cref="Load"/>, of values that are not looked at: weights that were the module's own.</summary>
    internal static void Copy(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
        => Assign(module, tensors, (target, source) => target.copy_(source));

    /// <summary>
    /// Makes a module and fills it from a stream: the memory that is read into becomes the module's, so that a model is in memory once, and
    /// each of its bytes is written once.
    /// </summary>
    /// <param name="weights">How many float32 values the module will have. Nothing is made unless the stream has that many.</param>
    /// <param name="create">Makes it, on the CPU; what its tensors hold does not matter.</param>
    /// <param name="stream">A safetensors stream, as in <see cref="SafeTensors.Read"/>, with what <see cref="Load"/> asks for.</param>
    /// <exception cref="InvalidDataException">As those two throw, or the sizes differ.</exception>
    internal static TModule Fill<TModule>(long weights, Func<TModule> create, Stream stream) where TModule : nn.Module
    {
        // A stream that does not know its length is read first.
        using var early = stream.CanSeek ? null : SafeTensors.Read(stream);
        RequireWeights(weights, early?.Tensors.Values.Sum(tensor => tensor.numel()) ?? (stream.Length - stream.Position) / sizeof(float));
        var module = create();
        try
        {
            using var content = early ?? SafeTensors.Read(stream);
            FiniteValues.Require(content.Tensors);
            Assign(module, content.Tensors, (target, source) => target.set_(source));
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    // Before anything is built: a few bytes of options can describe a network of any size.
    private static void RequireWeights(long weights, long values)
    {
        if (values < weights)
            throw new InvalidDataException(
                $"The network has {weights} weights, but there are {values} at most: options and weights do not belong together. Use an "
                + "intact copy of the model.");
    }

    private static void Assign(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors, Func<Tensor, Tensor, Tensor> assign)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(tensors);
        var state = module.state_dict();
        Require(module, state, tensors);
        using var noGradients = no_grad();
        foreach (var (name, target) in state)
        {
            using var scope = NewDisposeScope();
            assign(target, tensors[name]);
        }
    }

    private static void Require(nn.Module module, Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var faults = Faults(state, tensors);
        if (faults.Count > 0)
            throw new InvalidDataException(
                $"These tensors are not those of this {module.GetName()}: {string.Join("; ", faults)}. Nothing was loaded. Use tensors "
                + "saved from a model with the same options.");
    }

    private static List<string> Faults(Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var faults = new List<string>();
        AddNames("missing", state.Keys.Where(name => !tensors.ContainsKey(name)));
        AddNames("unexpected", tensors.Keys.Where(name => !state.ContainsKey(name)));
        foreach (var (name, target) in state)
        {
            if (!tensors.TryGetValue(name, out var source)) continue;
            if (!source.shape.SequenceEqual(target.shape)) faults.Add(
                $"'{name}' has shape ({string.Join(", ", source.shape)}) instead of ({string.Join(", ", target.shape)})");
            else if (source.dtype != target.dtype) faults.Add($"'{name}' has element type {source.dtype} instead of {target.dtype}");
        }
        return faults;

        void AddNames(string what, IEnumerable<string> names)
        {
            var list = string.Join(", ", names.Order(StringComparer.Ordinal).Select(name => $"'{name}'"));
            if (list.Length > 0) faults.Add($"{what}: {list}");
        }
    }
}
