using System.Collections;
using System.IO.Compression;
using Bdia.Data;
using Razorvine.Pickle.Objects;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Samples.WeightConverter;

/// <summary>
/// Named tensors in a file of torch.save, since PyTorch 1.6 a zip archive: data.pkl says what there is, and a file for each storage holds
/// its numbers. Tensors that share a storage, or are laid out otherwise than row by row, come out with the numbers that they have in
/// PyTorch.
/// </summary>
internal sealed class PyTorchFile : IDisposable
{
    private const string Pickle = "data.pkl";

    private PyTorchFile(IReadOnlyDictionary<string, Tensor> tensors) => Tensors = tensors;

    /// <summary>By their names in the state dict, contiguous.</summary>
    public IReadOnlyDictionary<string, Tensor> Tensors { get; }

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="key">Which part of it the tensors are; null where it is a dictionary of tensors itself.</param>
    /// <exception cref="InputException">It is no such file, is damaged, or has something else in it.</exception>
    public static PyTorchFile Read(string path, string? key)
    {
        var tensors = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        try
        {
            using var zip = ZipFile.OpenRead(path);
            foreach (var (name, tensor) in Named(Part(Root(zip), key))) tensors.Add(name, tensor);
            return new(tensors);
        }
        catch (Exception fault) when (fault is not (InputException or FileNotFoundException or UnauthorizedAccessException))
        {
            foreach (var tensor in tensors.Values) tensor.Dispose();
            throw new InputException($"{path} cannot be read as a file of torch.save: {fault.Message} Files from before PyTorch 1.6 are "
                + $"no zip "
                + "archives: load such a one there, and save it again.", fault);
        }
    }

    public void Dispose()
    {
        foreach (var tensor in Tensors.Values) tensor.Dispose();
    }

    private static object Root(ZipArchive zip)
    {
        ZipArchiveEntry[] pickles = [.. zip.Entries.Where(entry => entry.Name == Pickle)];
        if (pickles is not [var pickle]) throw new InputException($"The archive has {pickles.Length} entries named {Pickle}, where one "
            + $"is known.");
        var folder = pickle.FullName[..^Pickle.Length];
        if (zip.GetEntry(folder + "byteorder") is { } order)
        {
            using var text = new StreamReader(order.Open());
            if (text.ReadToEnd() is var name && name != "little")
                throw new InputException($"The numbers are stored in the byte order '{name}', where 'little' is known.");
        }

        using var stream = pickle.Open();
        using var unpickler = new StateUnpickler(zip, folder + "data/");
        return unpickler.load(stream);
    }

    private static IDictionary Part(object root, string? key)
    {
        if (root is not IDictionary all)
            throw new InputException($"The file holds a {Name(root)}, where a dictionary is known: save module.state_dict() in Python.");
        if (key is not null)
            return all[key] as IDictionary ?? throw new InputException($"The file has no dictionary '{key}'. It has: {Keys(all)}.");
        return all.Values.Cast<object>().Any(value => value is Tensor) || all.Count == 0 ? all
            : throw new InputException($"The file is no dictionary of tensors. Say which of its parts is one: {Keys(all)}.");
    }

    private static IEnumerable<(string Name, Tensor Tensor)> Named(IDictionary state)
    {
        string[] others = [.. state.Cast<DictionaryEntry>().Where(item => item.Key is not string || item.Value is not Tensor)
            .Select(item => $"{item.Key} ({Name(item.Value)})")];
        if (others.Length > 0)
            throw new InputException($"Beside tensors the dictionary has {string.Join(", ", others)}. Take these out in Python, and "
                + $"save the rest.");
        foreach (DictionaryEntry item in state) yield return ((string)item.Key, (Tensor)item.Value!);
    }

    private static string Keys(IDictionary of) => string.Join(", ", of.Keys.Cast<object>().Select(key => $"'{key}'"));

    private static string Name(object? value) => value is ClassDict unknown ? unknown.ClassName : value?.GetType().Name ?? "None";
}
