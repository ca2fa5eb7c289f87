using Bdia.Core.Tensors;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Training;

/// <summary>A moment of every weight of a parameter, in one of the formats.</summary>
internal sealed unsafe class Moment : IDisposable
{
    private readonly bool isSigned;
    private readonly Tensor? codes, scales;

    /// <param name="parameter">Whose shape it has.</param>
    /// <param name="isSigned">Whether values have signs.</param>
    /// <param name="format">How they are kept.</param>
    public Moment(Tensor parameter, bool isSigned, MomentFormat format)
    {
        this.isSigned = isSigned;
        if (format == MomentFormat.Float32)
        {
            Values = zeros(parameter.shape, float32, parameter.device).DetachFromDisposeScope();
            return;
        }

        if (parameter.device_type != DeviceType.CPU)
            throw new NotSupportedException($"MomentFormat is {format}, which is for the CPU alone, and the network is on "
                + $"{parameter.device}. Choose {MomentFormat.Float32} there.");
        codes = zeros(parameter.shape, uint8, CPU).DetachFromDisposeScope();
        scales = zeros(Blocks(parameter.numel()), float32, CPU).DetachFromDisposeScope();
    }

    /// <summary>The values themselves, float32; null where they are codes.</summary>
    public Tensor? Values { get; }

    /// <summary>The codes; null where values are float32.</summary>
    public MomentCodes? Codes
        => codes is null ? null : new((nint)TensorMemory.Pointer<byte>(codes), (nint)TensorMemory.Pointer<float>(scales!), isSigned);

    /// <summary>All there is to save, by name.</summary>
    /// <param name="letter">Of the moment.</param>
    /// <param name="name">Of the parameter.</param>
    public IEnumerable<KeyValuePair<string, Tensor>> State(string letter, string name)
        => Names(letter, name, Values is null ? MomentFormat.EightBits : MomentFormat.Float32)
            .Zip(Values is not null ? [Values] : new[] { codes!, scales! }, KeyValuePair.Create);

    /// <summary>Names of all there is to save of a moment.</summary>
    /// <param name="letter">Of the moment.</param>
    /// <param name="name">Of the parameter.</param>
    /// <param name="format">How it is kept.</param>
    public static string[] Names(string letter, string name, MomentFormat format)
        => format == MomentFormat.Float32 ? [$"{letter}.{name}"] : [$"{letter}.codes.{name}", $"{letter}.scales.{name}"];

    /// <summary>Bytes of so many moments.</summary>
    public static long Bytes(long weights, MomentFormat format)
        => format == MomentFormat.Float32 ? weights * sizeof(float) : weights + Blocks(weights) * sizeof(float);

    /// <summary>The values: the tensor itself where they are float32, else a new one, to be handed to <see cref="Write"/>.</summary>
    public Tensor Read()
    {
        if (Values is not null) return Values;
        var values = empty(codes!.shape, float32, CPU);
        var from = Codes!.Value;
        ForEachBlock(values, (block, span) =>
        {
            Span<float> all = stackalloc float[EightBitBlock.Length];
            from.Read(block, span.Length, all);
            all[..span.Length].CopyTo(span);
        });
        return values;
    }

    /// <summary>Takes what has become of the values that were read.</summary>
    /// <param name="values">Of <see cref="Read"/>.</param>
    /// <param name="chance">What is rounded by, <see cref="Chance"/>.</param>
    public void Write(Tensor values, uint chance)
    {
        if (ReferenceEquals(values, Values)) return;
        var to = Codes!.Value;
        ForEachBlock(values, (block, span) =>
        {
            Span<float> all = stackalloc float[EightBitBlock.Length];
            span.CopyTo(all);
            all[span.Length..].Clear();
            to.Write(block, span.Length, all, chance);
        });
    }

    /// <summary>What the roundings of a moment are drawn from in a step.</summary>
    public static uint Chance(long step, int slot, bool isSigned)
        => (uint)(((ulong)step * 0x9E3779B97F4A7C15UL + (ulong)slot * 0xC2B2AE3D27D4EB4FUL + (isSigned ? 1UL : 0UL)) >> 17);

    public void Dispose()
    {
        Values?.Dispose();
        codes?.Dispose();
        scales?.Dispose();
    }

    private static long Blocks(long weights) => (weights + EightBitBlock.Length - 1) / EightBitBlock.Length;

    private delegate void BlockAction(long block, Span<float> values);

    private static void ForEachBlock(Tensor values, BlockAction action)
    {
        var (address, length) = ((nint)TensorMemory.Pointer<float>(values), values.numel());
        for (long block = 0; block * EightBitBlock.Length < length; block++)
        {
            var first = block * EightBitBlock.Length;
            action(block, new((float*)address + first, (int)Math.Min(EightBitBlock.Length, length - first)));
        }

        GC.KeepAlive(values);
    }
}
