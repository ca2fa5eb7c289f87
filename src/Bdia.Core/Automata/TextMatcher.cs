using System.Text;

namespace Bdia.Core.Automata;

/// <summary>
/// Finds texts in a stream of bytes: where the automaton stands says whether one of them has just ended (Aho and Corasick, 1975).
/// </summary>
internal sealed class TextMatcher
{
    private const int Bytes = 256;

    private readonly List<int[]> next = []; // by state and byte
    private readonly List<bool> ends = [];

    /// <param name="texts">Texts to find, none of them empty.</param>
    public TextMatcher(IEnumerable<string> texts)
    {
        AddState();
        foreach (var text in texts)
        {
            var state = 0;
            foreach (var value in Encoding.UTF8.GetBytes(text))
            {
                if (next[state][value] < 0) next[state][value] = AddState();
                state = next[state][value];
            }

            ends[state] = true;
        }

        Link();
    }

    /// <summary>The state behind one byte more; 0 is the first.</summary>
    public int Next(int state, byte value) => next[state][value];

    /// <summary>Whether the bytes up to a state end with one of the texts.</summary>
    public bool Ends(int state) => ends[state];

    private int AddState()
    {
        var none = new int[Bytes];
        none.AsSpan().Fill(-1);
        next.Add(none);
        ends.Add(false);
        return next.Count - 1;
    }

    // Where a text goes on no further, the longest end of it that begins a text does. Shorter states come first, so that theirs are known.
    private void Link()
    {
        var behind = new int[next.Count];
        var queue = new Queue<int>([0]);
        while (queue.TryDequeue(out var state))
        {
            for (var value = 0; value < Bytes; value++)
            {
                var shorter = state == 0 ? 0 : next[behind[state]][value];
                if (next[state][value] is not (>= 0 and var child))
                {
                    next[state][value] = shorter;
                    continue;
                }

                behind[child] = shorter;
                ends[child] |= ends[shorter];
                queue.Enqueue(child);
            }
        }
    }
}
