using System.Numerics;
using System.Runtime.InteropServices;
using Bdia.Core.Tensors;
using static TorchSharp.torch;

namespace Bdia.Core.Formats;

/// <summary>
/// Refuses tensors with values that are no numbers: a network that has one answers with NaN, or with nothing that means anything.
/// </summary>
internal static class FiniteValues
{
    private const uint ExponentBits = 0x7F80_0000; // all set in NaN and infinity, and in nothing else

    /// <exception cref="InvalidDataException">Names every tensor that has such a value.</exception>
    public static void Require(IReadOnlyDictionary<string, Tensor> tensors)
    {
        var faults = tensors.Where(pair => !AreFinite(pair.Value)).Select(pair => $"'{pair.Key}'").ToArray();
        if (faults.Length > 0)
            throw new InvalidDataException(
                $"These tensors hold values that are NaN or infinite: {string.Join(", ", faults)}. A model with them cannot work: use "
                + "an intact copy, or train anew.");
    }

    private static unsafe bool AreFinite(Tensor tensor)
    {
        if (!tensor.is_floating_point() || tensor.numel() == 0) return true;
        if (tensor.dtype == ScalarType.Float32 && tensor.device_type == TorchSharp.DeviceType.CPU
            && tensor.is_contiguous()) return AreFinite((uint*)TensorMemory.Address(tensor), tensor.numel());
        using var scope = NewDisposeScope();
        return tensor.isfinite().all().item<bool>();
    }

    private static unsafe bool AreFinite(uint* bits, long count)
    {
        const int AtOnce = 1 << 20;
        for (var at = 0L; at < count; at += AtOnce)
        {
            if (!AreFinite(new ReadOnlySpan<uint>(bits + at, (int)Math.Min(AtOnce, count - at)))) return false;
        }

        return true;
    }

    private static bool AreFinite(ReadOnlySpan<uint> bits)
    {
        var exponent = new Vector<uint>(ExponentBits);
        var found = Vector<uint>.Zero;
        var vectors = MemoryMarshal.Cast<uint, Vector<uint>>(bits);
        foreach (var vector in vectors) found |= Vector.Equals(vector & exponent, exponent);
        var left = false;
        foreach (var value in bits[(vectors.Length * Vector<uint>.Count)..]) left |= (value & ExponentBits) == ExponentBits;
        return !left && found == Vector<uint>.Zero;
    }
}
