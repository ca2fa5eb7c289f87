using System.Runtime.InteropServices;
using Bdia.Core.Native;

namespace Bdia.Core.Tests.Native;

public sealed unsafe class FreeMemoryTests
{
    [Fact]
    public void Holes_between_blocks_in_use_are_given_back()
    {
        if (!OperatingSystem.IsLinux()) Assert.Skip("Only glibc keeps free memory that it can be asked for.");
        var blocks = new nint[200];
        for (var i = 0; i < blocks.Length; i++)
        {
            blocks[i] = (nint)NativeMemory.Alloc(64 << 10);
            new Span<byte>((void*)blocks[i], 64 << 10).Fill(1);
        }

        for (var i = 0; i < blocks.Length; i += 2) NativeMemory.Free((void*)blocks[i]);
        Assert.True(FreeMemory.Release());
        for (var i = 1; i < blocks.Length; i += 2)
        {
            Assert.Equal(-1, new Span<byte>((void*)blocks[i], 64 << 10).IndexOfAnyExcept((byte)1));
            NativeMemory.Free((void*)blocks[i]);
        }
    }
}
