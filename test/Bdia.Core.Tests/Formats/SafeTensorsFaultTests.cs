using System.Text;
using Bdia.Core.Formats;
using Bdia.Core.Tensors;
using CsCheck;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Formats;

public sealed class SafeTensorsFaultTests
{
    [Theory]
    [InlineData("", "The header is not JSON")]
    [InlineData("[]", "The header is a JSON Array")]
    [InlineData("{\"x\":1}", "'x' is described by a JSON Number")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1]}}", "'x' lacks one of dtype, shape and data_offsets")]
    [InlineData("{\"x\":{\"dtype\":\"F8_E5M2\",\"shape\":[4],\"data_offsets\":[0,4]}}", "'x' has element type \"F8_E5M2\"; this reader "
        + "knows F64, F32")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", "'x' has -1 in its shape")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", "'x' has 1.5 in its shape")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":1,\"data_offsets\":[0,4]}}", "'x' has a shape that is a JSON Number")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", "'x' of shape (2) and type Float32 needs 8 bytes, "
        + "but its data_offsets span 4")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", "'x' has data_offsets [4, 0]")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[4294967296,4294967296],\"data_offsets\":[0,4]}}", "larger than any memory")]
    [InlineData("{\"x\":{\"dtype\":\"F32\",\"shape\":[0,4294967296,4294967296],\"data_offsets\":[0,0]}}", "larger than any memory")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[2,4]}}", "'x' begins at byte 2 of the data, where the tensor "
        + "before it ends at 0")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]},\"y\":{\"dtype\":\"U8\","
        + "\"shape\":[2],\"data_offsets\":[2,4]}}",
        "'y' begins at byte 2 of the data, where the tensor before it ends at 3")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[2],\"data_offsets\":[0,2]},\"x\":{\"dtype\":\"U8\","
        + "\"shape\":[2],\"data_offsets\":[2,4]}}",
        "names 'x' twice")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"shape\":[4],\"data_offsets\":[0,4]}}", "'x' has the field 'shape' twice")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4],\"strides\":[1]}}", "'x' has the unknown field 'strides'")]
    [InlineData("{\"__metadata__\":3}", "__metadata__ is a JSON Number")]
    [InlineData("{\"__metadata__\":{\"a\":3}}", "Metadata 'a' is a JSON Number")]
    [InlineData("{\"\\ud800\":{}}", "is not text")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[3],\"data_offsets\":[0,3]}}", "The tensors should have 3 bytes, but 4 follow the "
        + "header")]
    [InlineData("{\"x\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[0,5]}}", "The tensors should have 5 bytes, but 4 follow the "
        + "header")]
    [InlineData("{\"x\":{\"dtype\":\"BOOL\",\"shape\":[4],\"data_offsets\":[0,4]}}", "'x' of type BOOL holds a byte other than 0 and 1")]
    public void A_bad_header_is_refused_with_the_reason(string header, string reason)
        => AssertFault(Assembled(Encoding.UTF8.GetBytes(header), [1, 2, 3, 4]), reason);

    [Fact]
    public void Bad_lengths_are_refused_with_the_reason()
    {
        AssertFault([1, 2, 3], "The stream has 3 bytes, fewer than the 8");
        AssertFault([.. BitConverter.GetBytes(100_000_001UL), 0], "given as 100000001 bytes, above the limit");
        AssertFault([.. BitConverter.GetBytes(ulong.MaxValue), 0], "given as 18446744073709551615 bytes, above the limit");
        AssertFault([.. BitConverter.GetBytes(9UL), 0], "given as 9 bytes, but only 1 follow");
        AssertFault(Assembled([0xFF, 0xFE], []), "The header is not UTF-8");
    }

    [Fact]
    public void Without_a_length_a_short_stream_a_long_one_and_a_giant_tensor_are_found_while_reading()
    {
        var header = "{\"x\":{\"dtype\":\"U8\",\"shape\":[4],\"data_offsets\":[0,4]}}"u8.ToArray();
        AssertFault(new ForwardOnlyStream(new MemoryStream([.. BitConverter.GetBytes(9UL), 0])),
            "should have 9 bytes, but the stream ends");
        AssertFault(new ForwardOnlyStream(new MemoryStream(Assembled(header, [1, 2, 3]))), "The stream ends inside tensor 'x'");
        AssertFault(new ForwardOnlyStream(new MemoryStream(Assembled(header, [1, 2, 3, 4, 5]))), "goes on after the last tensor");
        var giant = "{\"x\":{\"dtype\":\"U8\",\"shape\":[1152921504606846976],\"data_offsets\":[0,1152921504606846976]}}"u8.ToArray();
        AssertFault(new ForwardOnlyStream(new MemoryStream(Assembled(giant, [1]))), "more than can be allocated");
    }

    [Fact]
    public void Any_truncation_is_refused()
    {
        var whole = Sample();
        Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Bool).Sample((length, seekable) =>
        {
            var stream = new MemoryStream(whole[..length]);
            Assert.Throws<InvalidDataException>(() => SafeTensors.Read(seekable ? stream : new ForwardOnlyStream(stream)));
        }, iter: 500);
    }

    [Fact]
    public void Altered_bytes_are_refused_or_read_within_bounds()
    {
        var whole = Sample();
        Gen.Select(Gen.Select(Gen.Int[0, whole.Length - 1], Gen.Byte).Array[1, 4], Gen.Bool).Sample((changes, seekable) =>
        {
            var bytes = whole.ToArray();
            foreach (var (position, value) in changes) bytes[position] = value;
            var stream = new MemoryStream(bytes);
            try
            {
                using var content = SafeTensors.Read(seekable ? stream : new ForwardOnlyStream(stream));
                // What is accepted accounts for every byte of the data.
                var dataBytes = content.Tensors.Values.Sum(tensor => tensor.numel() * tensor.ElementSize);
                Assert.Equal(bytes.Length - 8 - BitConverter.ToInt64(bytes), dataBytes);
            }
            catch (InvalidDataException)
            {
            }
        }, iter: 3000);
    }

    [Fact]
    public void A_fault_frees_what_was_read_before_it()
    {
        var stream = Sample()[..^1];
        var before = DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount;
        Assert.Throws<InvalidDataException>(() => SafeTensors.Read(new ForwardOnlyStream(new MemoryStream(stream))));
        Assert.Equal(before, DisposeScopeManager.Statistics.TensorStatistics.ThreadTotalLiveCount);
    }

    private static byte[] Sample()
    {
        using var scope = NewDisposeScope();
        var stream = new MemoryStream();
        SafeTensors.Write(
            stream,
            [
                new("weight", TensorMath.Range(12, CPU).to(ScalarType.Float32).reshape(3, 4)),
                new("steps", tensor(new[] { 1L, -2L })),
                new("mask", tensor(new[] { true, false, true })),
                new("half", ones(5, ScalarType.BFloat16)),
            ],
            new Dictionary<string, string> { ["format"] = "pt" });
        return stream.ToArray();
    }

    private static byte[] Assembled(byte[] header, byte[] data) => [.. BitConverter.GetBytes((ulong)header.Length), .. header, .. data];

    private static void AssertFault(byte[] bytes, string reason) => AssertFault(new MemoryStream(bytes), reason);

    private static void AssertFault(Stream stream, string reason)
    {
        var fault = Assert.Throws<InvalidDataException>(() => SafeTensors.Read(stream));
        Assert.Contains(reason, fault.Message, StringComparison.Ordinal);
        Assert.EndsWith("write or download it again.", fault.Message, StringComparison.Ordinal);
    }
}
