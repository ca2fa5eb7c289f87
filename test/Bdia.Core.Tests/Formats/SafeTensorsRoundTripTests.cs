using System.Buffers.Binary;
using System.Text;
using System.Text.Json;
using Bdia.Core.Formats;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Formats;

public sealed class SafeTensorsRoundTripTests
{
    private static readonly ScalarType[] Types =
    [
        ScalarType.Float64, ScalarType.Float32, ScalarType.Float16, ScalarType.BFloat16, ScalarType.Int64,
        ScalarType.Int32, ScalarType.Int16, ScalarType.Int8, ScalarType.Byte, ScalarType.Bool,
    ];

    private static readonly Gen<(ScalarType Type, long[] Shape, int Seed)> GenTensor =
        Gen.Select(Gen.Int[0, Types.Length - 1].Select(i => Types[i]), Gen.Long[0, 5].Array[0, 4], Gen.Int);

    private static readonly Gen<string> GenName = Gen.String[Gen.Char["abc.0_\"\\ é漢"], 1, 12];

    [Fact]
    public void Every_bit_of_every_type_comes_back()
        => Gen.Select(GenTensor.Array[0, 6], GenName.Array[6], Gen.Dictionary(GenName, GenName)[0, 3]).Sample((specs, names, metadata) =>
        {
            using var scope = NewDisposeScope();
            var tensors = specs.Select((spec, i) => KeyValuePair.Create($"{names[i]}{i}", RandomBits(spec))).ToList();
            using var content = SafeTensors.Read(new MemoryStream(Written(tensors, metadata)));

            Assert.Equal(metadata.OrderBy(pair => pair.Key), content.Metadata.OrderBy(pair => pair.Key));
            Assert.Equal(tensors.Count, content.Tensors.Count);
            foreach (var (name, tensor) in tensors) AssertSameBits(tensor, content.Tensors[name]);
        }, iter: 300);

    [Fact]
    public void Nan_payloads_and_negative_zero_come_back()
    {
        using var scope = NewDisposeScope();
        uint[] patterns = [0x7FC00000, 0x7F800001, 0xFFABCDEF, 0x80000000, 0x00000001, 0x7F7FFFFF];
        var original = tensor(patterns.Select(BitConverter.UInt32BitsToSingle).ToArray());

        using var content = SafeTensors.Read(new MemoryStream(Written([KeyValuePair.Create("x", original)])));

        Assert.Equal(patterns, content.Tensors["x"].data<float>().Select(BitConverter.SingleToUInt32Bits));
    }

    [Fact]
    public void A_strided_view_is_written_in_row_major_order()
    {
        using var scope = NewDisposeScope();
        var view = TensorMath.Range(12, CPU).reshape(3, 4).t();

        using var content = SafeTensors.Read(new MemoryStream(Written([KeyValuePair.Create("x", view)])));

        AssertSameBits(view.contiguous(), content.Tensors["x"]);
    }

    [Fact]
    public void The_bytes_follow_the_public_layout()
    {
        using var scope = NewDisposeScope();
        var bytes = Written(
            [KeyValuePair.Create("b", tensor(new byte[] { 1, 2, 3 })), KeyValuePair.Create("a", tensor(new[] { 1f, 2f }).reshape(1, 2))],
            new Dictionary<string, string> { ["format"] = "pt" });

        var headerBytes = (int)BinaryPrimitives.ReadUInt64LittleEndian(bytes);
        Assert.Equal(0, headerBytes % 8);
        var header = Encoding.UTF8.GetString(bytes, 8, headerBytes);
        Assert.Equal(
            """{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1,2],"data_offsets":"""
            + """[0,8]},"b":{"dtype":"U8","shape":[3],"data_offsets":[8,11]}}""",
            header.TrimEnd(' '));
        Assert.Equal([0, 0, 0x80, 0x3F, 0, 0, 0, 0x40, 1, 2, 3], bytes[(8 + headerBytes)..]);
    }

    [Fact]
    public void The_same_content_gives_the_same_bytes_in_any_order()
    {
        using var scope = NewDisposeScope();
        var tensors = "dbca".Select(name =>
            KeyValuePair.Create($"{name}", TestMath.Full([2], name, name == 'c' ? ScalarType.Int16 : ScalarType.Float32))).ToList();

        Assert.Equal(Written(tensors), Written(tensors.AsEnumerable().Reverse()));
    }

    [Fact]
    public void A_stream_without_seek_or_length_works_both_ways()
    {
        using var scope = NewDisposeScope();
        var original = RandomBits((ScalarType.Float32, [100, 333], 7));
        var buffer = new MemoryStream();
        SafeTensors.Write(new ForwardOnlyStream(buffer), [KeyValuePair.Create("x", original)]);
        buffer.Position = 0;

        using var content = SafeTensors.Read(new ForwardOnlyStream(buffer));

        AssertSameBits(original, content.Tensors["x"]);
    }

    [Fact]
    public void Reading_starts_at_the_streams_position_and_outlives_the_callers_scope()
    {
        var bytes = new byte[5].Concat(Written([KeyValuePair.Create("x", tensor(new[] { 3.5 }))])).ToArray();
        SafeTensorsContent content;
        using (NewDisposeScope()) content = SafeTensors.Read(new MemoryStream(bytes) { Position = 5 });

        Assert.Equal(3.5, content.Tensors["x"].data<double>()[0]);
        content.Dispose();
        content.Dispose();
        Assert.Empty(content.Tensors);
    }

    [Theory]
    [InlineData("", "empty name")]
    [InlineData("__metadata__", "'__metadata__' is reserved")]
    public void A_name_the_format_cannot_hold_is_refused(string name, string fact)
    {
        using var x = ones(1);
        var fault = Assert.Throws<ArgumentException>(() => Written([KeyValuePair.Create(name, x)]));
        Assert.Contains(fact, fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_given_twice_and_an_element_type_without_counterpart_are_refused()
    {
        using var x = ones(1);
        using var z = zeros(1, ScalarType.ComplexFloat32);
        Assert.Contains("'x' is given twice", Assert.Throws<ArgumentException>(() => Written([new("x", x), new("x", x)])).Message,
            StringComparison.Ordinal);
        Assert.Contains("'z' has element type ComplexFloat32", Assert.Throws<ArgumentException>(() => Written([new("z", z)])).Message,
            StringComparison.Ordinal);
    }

    private static byte[] Written(IEnumerable<KeyValuePair<string, Tensor>> tensors, IReadOnlyDictionary<string, string>? metadata = null)
    {
        var stream = new MemoryStream();
        SafeTensors.Write(stream, tensors, metadata);
        return stream.ToArray();
    }

    // Any bit pattern but for Bool, where only 0 and 1 exist.
    private static Tensor RandomBits((ScalarType Type, long[] Shape, int Seed) spec)
    {
        var result = zeros(spec.Shape, dtype: spec.Type);
        if (result.numel() == 0) return result;
        new Random(spec.Seed).NextBytes(result.bytes);
        if (spec.Type == ScalarType.Bool)
            foreach (ref var element in result.bytes) element &= 1;
        return result;
    }

    private static void AssertSameBits(Tensor expected, Tensor actual)
    {
        Assert.Equal(expected.dtype, actual.dtype);
        Assert.Equal(expected.shape, actual.shape);
        if (expected.numel() > 0) Assert.True(expected.bytes.SequenceEqual(actual.bytes), "bits differ");
    }
}
