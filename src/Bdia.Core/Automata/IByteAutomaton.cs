namespace Bdia.Core.Automata;

/// <summary>
/// Which texts there may be, told byte by byte of their UTF-8 form: a deterministic automaton. States are numbers from 0 on; from every one
/// of them a text that may end can be reached.
/// </summary>
/// <remarks>Finds its states while it is asked: it is for one thread at a time.</remarks>
internal interface IByteAutomaton
{
    /// <summary>In place of a state: no text begins so.</summary>
    const int Dead = -1;

    /// <summary>The state before the first byte.</summary>
    int Start { get; }

    /// <summary>The state behind one byte more, or <see cref="Dead"/>.</summary>
    int Next(int state, byte value);

    /// <summary>Whether a text may end there.</summary>
    bool MayEnd(int state);
}
