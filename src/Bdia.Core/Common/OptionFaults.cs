namespace Bdia.Core.Common;

/// <summary>Collects every fault of a set of options, so that whoever chose them sees all of them in one message.</summary>
public sealed class OptionFaults
{
    private readonly List<string> faults = [];

    /// <summary>Notes a fault unless an option is as it must be.</summary>
    /// <param name="holds">Whether it is.</param>
    /// <param name="name">The option, as the user writes it.</param>
    /// <param name="value">Its value.</param>
    /// <param name="rule">What it must be, to follow "it must be".</param>
    public void Require(bool holds, string name, object? value, string rule)
    {
        if (!holds) Add(FormattableString.Invariant($"{name} is {value ?? "null"}; it must be {rule}."));
    }

    /// <summary>Notes a fault that <see cref="Require"/> has no form for.</summary>
    /// <param name="fault">A whole sentence, or null where there is none. However often it is noted, it is said once.</param>
    public void Add(string? fault)
    {
        if (fault is not null && !faults.Contains(fault)) faults.Add(fault);
    }

    /// <summary>Throws if there was any fault.</summary>
    /// <param name="options">What the options are called, to go before "cannot be used".</param>
    /// <exception cref="ArgumentException">There was; the message lists all of them.</exception>
    public void ThrowIfAny(string options)
    {
        if (faults.Count > 0) throw new ArgumentException($"{options} cannot be used. {string.Join(" ", faults)}");
    }

    /// <summary>Runs the check of a record of options, and throws if it notes any fault.</summary>
    /// <param name="record">Name of the record's type.</param>
    /// <param name="check">Notes its faults.</param>
    /// <exception cref="ArgumentException">There was; the message lists all of them.</exception>
    internal static void Validate(string record, Action<OptionFaults> check)
    {
        var faults = new OptionFaults();
        check(faults);
        faults.ThrowIfAny($"These {record}");
    }
}
