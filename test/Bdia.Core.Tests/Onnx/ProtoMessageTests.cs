using Bdia.Core.Onnx;

namespace Bdia.Core.Tests.Onnx;

/// <summary>The wire format, by the examples and rules of Protocol Buffers' own documentation.</summary>
public class ProtoMessageTests
{
    private static string Hex(ProtoMessage message)
    {
        using var stream = new MemoryStream();
        message.WriteTo(stream);
        Assert.Equal(message.Length, stream.Length);
        return Convert.ToHexStringLower(stream.ToArray());
    }

    [Fact]
    public void A_whole_number_takes_seven_bits_a_byte() => Assert.Equal("089601", Hex(new ProtoMessage().Add(1, 150L)));

    [Fact]
    public void A_negative_number_takes_ten_bytes() => Assert.Equal("08ffffffffffffffffff01", Hex(new ProtoMessage().Add(1, -1L)));

    [Fact]
    public void A_text_begins_with_its_length() => Assert.Equal("120774657374696e67", Hex(new ProtoMessage().Add(2, "testing")));

    [Fact]
    public void A_single_precision_number_takes_four_bytes() => Assert.Equal("1d0000c03f", Hex(new ProtoMessage().Add(3, 1.5f)));

    [Fact]
    public void A_message_within_a_message_begins_with_its_length()
        => Assert.Equal("1a03089601" + "0801", Hex(new ProtoMessage().Add(3, new ProtoMessage().Add(1, 150L)).Add(1, 1L)));

    [Fact]
    public void Fields_beyond_fifteen_take_two_bytes() => Assert.Equal("a00107", Hex(new ProtoMessage().Add(20, 7L)));

    [Fact]
    public void Bytes_that_come_later_stand_at_their_place_however_deep()
    {
        var inner = new ProtoMessage().Add(1, 1L).Add(9, 3, stream => stream.Write("abc"u8)).Add(1, 2L);

        Assert.Equal("0a09" + "0801" + "4a03616263" + "0802" + "1003", Hex(new ProtoMessage().Add(1, inner).Add(2, 3L)));
    }
}
