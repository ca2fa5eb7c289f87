using System.Collections;
using System.IO.Compression;
using System.Runtime.InteropServices;
using Bdia.Data;
using Razorvine.Pickle;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Samples.WeightConverter;

/// <summary>Unpickles a state dict. Classes that it does not know become a dictionary of their fields, and run nothing.</summary>
/// <param name="zip">The archive.</param>
/// <param name="folder">Where its storages are.</param>
internal sealed class StateUnpickler(ZipArchive zip, string folder) : Unpickler, IDisposable
{
    private static readonly Dictionary<string, ScalarType> Storages = new()
    {
        ["FloatStorage"] = ScalarType.Float32, ["DoubleStorage"] = ScalarType.Float64, ["HalfStorage"] = ScalarType.Float16,
        ["BFloat16Storage"] = ScalarType.BFloat16, ["LongStorage"] = ScalarType.Int64, ["IntStorage"] = ScalarType.Int32,
        ["ShortStorage"] = ScalarType.Int16, ["CharStorage"] = ScalarType.Int8, ["ByteStorage"] = ScalarType.Byte,
        ["BoolStorage"] = ScalarType.Bool,
    };

    private readonly Dictionary<string, Tensor> storages = [];

    static StateUnpickler()
    {
        foreach (var (name, type) in Storages) registerConstructor("torch", name, new Storage(type));
        registerConstructor("collections", "OrderedDict", new Constructor(_ => new OrderedDictionary()));
        registerConstructor("torch._utils", "_rebuild_tensor_v2", new Constructor(Made));
        registerConstructor("torch._utils", "_rebuild_parameter", new Constructor(arguments => arguments[0]));
    }

    public new void Dispose()
    {
        foreach (var storage in storages.Values) storage.Dispose();
        base.Dispose();
    }

    /// <summary>A storage: ("storage", its type, the name of its file, a device, how many numbers).</summary>
    protected override object persistentLoad(object pid)
    {
        if (pid is not object[] { Length: 5 } parts || parts[0] as string != "storage" || parts[1] is not Storage kind
            || parts[2] is not string key)
            throw new InputException("The file refers to something that is no storage of numbers of a known type.");
        if (storages.TryGetValue(key, out var known)) return known;
        var entry = zip.GetEntry(folder + key) ?? throw new InputException($"The file has no storage '{key}': it is damaged.");
        var (count, size) = (Convert.ToInt64(parts[4]), kind.Type == ScalarType.Bool ? 1 : new Size(kind.Type).Bytes);
        if (count < 0 || entry.Length != checked(count * size))
            throw new InputException($"Storage '{key}' has {entry.Length} bytes, where {count} numbers of {kind.Type} are stated: it is "
                + $"damaged.");
        // A byte of a Bool other than 0 and 1 is undefined: it is read as numbers first.
        var numbers = empty([count], kind.Type == ScalarType.Bool ? ScalarType.Byte : kind.Type, CPU).DetachFromDisposeScope();
        using (var stream = entry.Open()) Fill(numbers, stream);
        if (kind.Type == ScalarType.Bool)
        {
            using var bytes = numbers;
            numbers = bytes.to(ScalarType.Bool).DetachFromDisposeScope();
        }

        storages.Add(key, numbers);
        return numbers;
    }

    // (storage, offset, sizes, strides, ...), copied: tensors may share a storage.
    private static Tensor Made(object[] arguments)
    {
        var (storage, offset) = ((Tensor)arguments[0], Convert.ToInt64(arguments[1]));
        long[] shape = Numbers(arguments[2]), strides = Numbers(arguments[3]);
        var last = offset;
        for (var i = 0; i < shape.Length; i++) last = checked(last + Math.Max(0, shape[i] - 1) * strides[i]);
        var isEmpty = shape.Contains(0);
        if (shape.Length != strides.Length || offset < 0 || shape.Any(size => size < 0) || strides.Any(stride => stride < 0)
            || !isEmpty && last >= storage.numel())
            throw new InputException($"A tensor of shape ({string.Join(", ", shape)}) reaches beyond its storage: the file is damaged.");
        using var view = isEmpty ? empty(shape, storage.dtype, CPU) : storage.as_strided(shape, strides, offset);
        using var dense = view.contiguous();
        return dense.clone().DetachFromDisposeScope();
    }

    private static long[] Numbers(object sizes) => [.. ((IEnumerable)sizes).Cast<object>().Select(Convert.ToInt64)];

    private static void Fill(Tensor tensor, Stream stream)
    {
        if (tensor.numel() == 0) return;
        tensor.ReadBytesFromStream(stream);
    }

    private readonly record struct Size(ScalarType Type)
    {
        public long Bytes
        {
            get
            {
                using var one = empty([1], Type, CPU);
                return one.element_size();
            }
        }
    }

    private sealed record Storage(ScalarType Type) : IObjectConstructor
    {
        public object construct(object[] args) => throw new InputException("The file makes a storage by itself, which torch.save does "
            + "not.");
    }

    private sealed record Constructor(Func<object[], object> Make) : IObjectConstructor
    {
        public object construct(object[] args) => Make(args);
    }

    /// <summary>Python's, whose attributes (versions of modules) nobody needs.</summary>
    private sealed class OrderedDictionary : Hashtable
    {
        public void __setstate__(Hashtable state) => ArgumentNullException.ThrowIfNull(state);
    }
}
