using System.Text;

namespace Bdia.Core.Automata;

/// <summary>
/// The texts of a <see cref="Grammar"/>: a nondeterministic automaton over bytes, made deterministic as far as it is asked (a state of the
/// one is a set of the other's).
/// </summary>
internal sealed class ByteAutomaton : IByteAutomaton
{
    /// <summary>Parts of a grammar at most, once repetitions are written out.</summary>
    public const int MostParts = 200_000;

    private const int MostStates = 20_000, Bytes = 256, Unknown = -2;

    private readonly List<List<(byte From, byte To, int Next)>> edges = [];
    private readonly List<List<int>> free = []; // where one may go without a byte
    private readonly List<int[]> sets = [];
    private readonly List<int[]> next = [];
    private readonly List<bool> mayEnd = [];
    private readonly Dictionary<string, int> known = new(StringComparer.Ordinal);
    private readonly int end;

    /// <param name="grammar">The texts.</param>
    /// <exception cref="FormatException">It has more than <see cref="MostParts"/> parts.</exception>
    public ByteAutomaton(Grammar grammar)
    {
        var start = AddNode();
        end = Add(grammar, start);
        Start = State([start]);
    }

    public int Start { get; }

    /// <exception cref="InvalidOperationException">It needs more states than it may have.</exception>
    public int Next(int state, byte value)
    {
        if (next[state][value] == Unknown)
        {
            var nodes = sets[state].SelectMany(node => edges[node]).Where(edge => edge.From <= value && value <= edge.To)
                .Select(edge => edge.Next).Distinct().ToArray();
            next[state][value] = nodes.Length == 0 ? IByteAutomaton.Dead : State(nodes);
        }

        return next[state][value];
    }

    public bool MayEnd(int state) => mayEnd[state];

    private int AddNode()
    {
        if (edges.Count == MostParts)
            throw new FormatException($"it has more than {MostParts} parts once its repetitions are written out");
        edges.Add([]);
        free.Add([]);
        return edges.Count - 1;
    }

    // Adds a grammar behind a node, and gives the node behind it.
    private int Add(Grammar grammar, int from)
    {
        switch (grammar)
        {
            case Grammar.Character character:
                var behind = AddNode();
                foreach (var range in character.Ranges)
                    foreach (var bytes in Utf8Ranges.Of(range.From, range.To)) AddBytes(bytes, from, behind);
                return behind;
            case Grammar.Words words:
                return AddWords(words.Texts, from);
            case Grammar.Sequence sequence:
                return sequence.Parts.Aggregate(from, (node, part) => Add(part, node));
            case Grammar.Choice choice:
                var all = AddNode();
                foreach (var part in choice.Parts)
                {
                    // Each from a node of its own, since a repetition within leads back to where it began.
                    var begin = AddNode();
                    free[from].Add(begin);
                    free[Add(part, begin)].Add(all);
                }

                return all;
            case Grammar.Repetition repetition:
                return AddRepetition(repetition, from);
            default:
                throw new InvalidOperationException($"There is no such grammar: {grammar}.");
        }
    }

    private int AddRepetition(Grammar.Repetition repetition, int from)
    {
        for (var i = 0; i < repetition.Least; i++) from = Add(repetition.Part, from);
        if (repetition.Most is null)
        {
            var loop = AddNode();
            free[from].Add(loop);
            free[Add(repetition.Part, loop)].Add(loop);
            return loop;
        }

        var behind = AddNode();
        free[from].Add(behind);
        for (var i = repetition.Least; i < repetition.Most; i++) free[from = Add(repetition.Part, from)].Add(behind);
        return behind;
    }

    private void AddBytes((byte From, byte To)[] bytes, int from, int to)
    {
        for (var i = 0; i < bytes.Length; i++)
        {
            var behind = i == bytes.Length - 1 ? to : AddNode();
            edges[from].Add((bytes[i].From, bytes[i].To, behind));
            from = behind;
        }
    }

    // Texts share what they begin with, so that long lists stay quick.
    private int AddWords(IReadOnlyList<string> texts, int from)
    {
        var behind = AddNode();
        var children = new Dictionary<(int Node, byte Value), int>();
        foreach (var text in texts)
        {
            var node = from;
            foreach (var value in Encoding.UTF8.GetBytes(text))
            {
                if (!children.TryGetValue((node, value), out var child))
                {
                    children.Add((node, value), child = AddNode());
                    edges[node].Add((value, value, child));
                }

                node = child;
            }

            if (!free[node].Contains(behind)) free[node].Add(behind);
        }

        return behind;
    }

    // The state of nodes and of all that may be reached from them without a byte.
    private int State(int[] nodes)
    {
        var reached = new SortedSet<int>(nodes);
        var open = new Stack<int>(nodes);
        while (open.TryPop(out var node))
            foreach (var other in free[node])
                if (reached.Add(other)) open.Push(other);
        var key = string.Join(',', reached);
        if (known.TryGetValue(key, out var state)) return state;
        if (sets.Count == MostStates)
            throw new InvalidOperationException($"What the output may be needs more than {MostStates} states: its parts overlap too much. "
                + "Give a simpler pattern, or a shorter list.");
        sets.Add([.. reached]);
        mayEnd.Add(reached.Contains(end));
        var row = new int[Bytes];
        row.AsSpan().Fill(Unknown);
        next.Add(row);
        known.Add(key, sets.Count - 1);
        return sets.Count - 1;
    }
}
