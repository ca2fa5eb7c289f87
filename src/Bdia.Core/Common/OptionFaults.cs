namespace Bdia.Core.Common;

/// <summary>Collects every fault of an options record, so that the user sees all of them in one message.</summary>
/// <param name="options">Name of the options type, for the message.</param>
internal sealed class OptionFaults(string options)
{
    private readonly List<string> _faults = [];

    /// <summary>Notes a fault unless <paramref name="holds"/>.</summary>
    /// <param name="holds">Whether the option is as it must be.</param>
    /// <param name="name">The option.</param>
    /// <param name="value">Its value.</param>
    /// <param name="rule">What it must be, to follow "must be".</param>
    public void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds) _faults.Add($"{name} is {value ?? "null"}; it must be {rule}.");
    }

    /// <summary>Adds the faults of another record that belongs to this one.</summary>
    public void Include(Action validate)
    {
        try
        {
            validate();
        }
        catch (ArgumentException fault)
        {
            _faults.Add(fault.Message);
        }
    }

    /// <summary>Throws if there was any fault.</summary>
    /// <exception cref="ArgumentException">There was; the message lists all of them.</exception>
    public void ThrowIfAny()
    {
        if (_faults.Count > 0) throw new ArgumentException($"{options}: {string.Join(" ", _faults)}");
    }
}
