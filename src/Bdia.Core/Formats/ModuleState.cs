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
    /// <exception cref="InvalidDataException">Names every missing, unexpected, misshapen and wrongly typed tensor. The module is unchanged.</exception>
    public static void Load(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors)
    {
        Assign(module, tensors, (target, source) => target.copy_(source));
    }

    /// <summary>
    /// Fills a new module from a stream: the memory that is read into becomes the module's, so that a model is in memory once, and each of
    /// its bytes is written once.
    /// </summary>
    /// <param name="module">On the CPU; what its tensors hold does not matter.</param>
    /// <param name="stream">A safetensors stream, as in <see cref="SafeTensors.Read"/>, with what <see cref="Load"/> asks for.</param>
    /// <exception cref="InvalidDataException">As those two throw. The module is then disposed.</exception>
    internal static TModule Fill<TModule>(TModule module, Stream stream) where TModule : nn.Module
    {
        try
        {
            using var content = SafeTensors.Read(stream);
            Assign(module, content.Tensors, (target, source) => target.set_(source));
            return module;
        }
        catch
        {
            module.Dispose();
            throw;
        }
    }

    private static void Assign(nn.Module module, IReadOnlyDictionary<string, Tensor> tensors, Func<Tensor, Tensor, Tensor> assign)
    {
        ArgumentNullException.ThrowIfNull(module);
        ArgumentNullException.ThrowIfNull(tensors);
        var state = module.state_dict();
        var faults = Faults(state, tensors);
        if (faults.Count > 0)
            throw new InvalidDataException($"These tensors are not those of this {module.GetName()}: {string.Join("; ", faults)}. Nothing was loaded. Use tensors saved from a model with the same options.");
        using var noGradients = no_grad();
        foreach (var (name, target) in state)
        {
            using var scope = NewDisposeScope();
            assign(target, tensors[name]);
        }
    }

    private static List<string> Faults(Dictionary<string, Tensor> state, IReadOnlyDictionary<string, Tensor> tensors)
    {
        var faults = new List<string>();
        AddNames("missing", state.Keys.Where(name => !tensors.ContainsKey(name)));
        AddNames("unexpected", tensors.Keys.Where(name => !state.ContainsKey(name)));
        foreach (var (name, target) in state)
        {
            if (!tensors.TryGetValue(name, out var source)) continue;
            if (!source.shape.SequenceEqual(target.shape)) faults.Add($"'{name}' has shape ({string.Join(", ", source.shape)}) instead of ({string.Join(", ", target.shape)})");
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
