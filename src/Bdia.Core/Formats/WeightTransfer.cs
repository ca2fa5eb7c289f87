using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>Copies weights from one network to another that is made of the same parts.</summary>
internal static class WeightTransfer
{
    /// <summary>Copies what both have. The target is left as it is where a tensor does not fit.</summary>
    /// <param name="from">Whose weights are copied; on any device.</param>
    /// <param name="to">Whose are overwritten.</param>
    /// <param name="nameThere">The name in <paramref name="from"/> of a parameter of <paramref name="to"/>; null: it stays as it
    /// is.</param>
    /// <returns>Names of the parameters that stayed as they were.</returns>
    /// <exception cref="ArgumentException">Tensors are missing or of another shape; the message names all of them.</exception>
    public static IReadOnlyList<string> Copy(nn.Module from, nn.Module to, Func<string, string?> nameThere)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        var there = from.named_parameters().ToDictionary(item => item.name, item => item.parameter, StringComparer.Ordinal);
        var (pairs, left, faults) = (new List<(Tensor To, Tensor From)>(), new List<string>(), new List<string>());
        foreach (var (name, parameter) in to.named_parameters())
        {
            if (nameThere(name) is not { } other) left.Add(name);
            else if (!there.TryGetValue(other, out var weights)) faults.Add($"'{other}' is missing");
            else if (!weights.shape.AsSpan().SequenceEqual(parameter.shape))
                faults.Add($"'{other}' has shape ({string.Join(", ", weights.shape)}) instead of ({string.Join(", ", parameter.shape)})");
            else pairs.Add((parameter, weights));
        }

        if (faults.Count > 0)
            throw new ArgumentException($"The weights do not fit the network: {string.Join("; ", faults)}. Give the network their sizes.");
        foreach (var (parameter, weights) in pairs) parameter.copy_(weights);
        return left;
    }

    /// <summary>A network that is given its weights, or disposed where that fails.</summary>
    /// <param name="network">The network.</param>
    /// <param name="give">Gives them.</param>
    public static T Filled<T>(T network, Action<T> give) where T : nn.Module
    {
        try
        {
            give(network);
            return network;
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Copies single rows of a tensor.</summary>
    /// <param name="from">(rows, ...).</param>
    /// <param name="to">(rows, ...), with rows of the same size.</param>
    /// <param name="rows">For each row of <paramref name="to"/> the row of <paramref name="from"/>, or -1 for one that stays as it
    /// is.</param>
    public static void CopyRows(Tensor from, Tensor to, IReadOnlyList<int> rows)
    {
        using var scope = NewDisposeScope();
        using var noGradients = no_grad();
        for (var row = 0; row < rows.Count; row++)
        {
            if (rows[row] >= 0) to.select(0, row).copy_(from.select(0, rows[row]));
        }
    }
}
