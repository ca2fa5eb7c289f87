namespace Bdia.Core.Native;

/// <summary>
/// Bounds what libtorch keeps of the kernels that oneDNN makes for products of bfloat16: one for every shape, and texts come in ever new
/// ones. By default it keeps 1,024 in a cache of its own and as many in oneDNN's, which in training on texts grew to 400 MiB; to make one
/// anew takes about as long as to find it.
/// </summary>
internal static class PrimitiveCaches
{
    /// <summary>Kernels that each cache keeps: those of a step's products, several times over.</summary>
    public const int Capacity = 64;

    /// <summary>The variables that both caches read when they are first used, each with the names that have the same effect.</summary>
    public static IReadOnlyList<string[]> Variables { get; } =
        [["ONEDNN_PRIMITIVE_CACHE_CAPACITY", "DNNL_PRIMITIVE_CACHE_CAPACITY"], ["LRU_CACHE_CAPACITY"]];

    /// <summary>Sets the bounds in the process's environment; what a user has set stays.</summary>
    public static void Bound()
    {
        foreach (var names in Variables) NativeEnvironment.SetUnlessSet($"{Capacity}", names);
    }
}
