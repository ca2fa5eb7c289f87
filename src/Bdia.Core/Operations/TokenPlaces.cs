using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Bdia.Core.Operations;

/// <summary>
/// In which row of a cache the tokens of each row lie: where they were written. A row that goes on from another one looks at that one's
/// tokens where they are, so that nothing is copied when a search drops and repeats rows, and rows of one beginning read the same memory.
/// </summary>
internal sealed class TokenPlaces
{
    private const int FirstCapacity = 16; // tokens

    // (rows, capacity), pinned, so that kernels hold pointers into it while the object is alive.
    private int[] places;
    private int capacity = FirstCapacity;

    /// <param name="rows">Rows, without tokens.</param>
    public TokenPlaces(int rows)
    {
        Rows = rows;
        places = Pinned(rows, capacity);
    }

    /// <summary>Rows.</summary>
    public int Rows { get; private set; }

    /// <summary>Tokens of each row.</summary>
    public int Tokens { get; private set; }

    /// <summary>Whether each row's tokens lie in its own row.</summary>
    public bool ArePlain { get; private set; } = true;

    /// <summary>Gives every row new tokens, in its own row.</summary>
    /// <param name="before">Tokens of each row that stay.</param>
    /// <param name="count">How many are new.</param>
    public void Write(int before, int count)
    {
        if (before + count > capacity) Grow(before + count);
        for (var row = 0; row < Rows; row++) places.AsSpan(row * capacity + before, count).Fill(row);
        Tokens = before + count;
    }

    /// <summary>Makes row i what row rows[i] was.</summary>
    public void Select(ReadOnlySpan<long> rows)
    {
        var selected = Pinned(rows.Length, capacity);
        for (var i = 0; i < rows.Length; i++)
        {
            Of((int)rows[i]).CopyTo(selected.AsSpan(i * capacity));
            ArePlain &= rows[i] == i;
        }

        (places, Rows) = (selected, rows.Length);
    }

    /// <summary>Puts every row's tokens in its own row: for who has copied them there.</summary>
    public void Settle()
    {
        for (var row = 0; row < Rows; row++) places.AsSpan(row * capacity, Tokens).Fill(row);
        ArePlain = true;
    }

    /// <summary>Where a row's tokens lie.</summary>
    public ReadOnlySpan<int> Of(int row) => places.AsSpan(row * capacity, Tokens);

    /// <summary>For kernels, while this object is alive and not changed.</summary>
    public unsafe PlaceView View => new((int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(places)), capacity, 1);

    /// <summary>The same, where one place holds for all that a row looks at: that of its first token.</summary>
    public unsafe PlaceView FirstView => new((int*)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(places)), capacity, 0);

    private void Grow(int tokens)
    {
        var wider = capacity;
        while (wider < tokens) wider *= 2;
        var grown = Pinned(Rows, wider);
        for (var row = 0; row < Rows; row++) Of(row).CopyTo(grown.AsSpan(row * wider));
        (places, capacity) = (grown, wider);
    }

    private static int[] Pinned(int rows, int capacity) => GC.AllocateUninitializedArray<int>(checked(rows * capacity), pinned: true);
}

/// <summary>The places of <see cref="TokenPlaces"/> as kernels read them; the default has every row's tokens in its own row.</summary>
internal readonly unsafe struct PlaceView(int* places, int rowStride, int tokenStride)
{
    /// <summary>The row of memory that holds a token of a row.</summary>
    public long this[long row, long token] => places == null ? row : places[row * rowStride + token * tokenStride];
}
