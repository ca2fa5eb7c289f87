namespace Bdia.Benchmarks.Targets;

/// <summary>One of the targets for speed and memory, with what was measured for it.</summary>
/// <param name="What">The ratio.</param>
/// <param name="Goal">What it is to be.</param>
/// <param name="Limit">What physics allows; empty where nothing is known.</param>
/// <param name="Readings">What was measured, by shape, precision or the like; none if it was not.</param>
internal sealed record Target(string What, string Goal, string Limit, IReadOnlyList<Reading> Readings)
{
    /// <summary>All targets as a table.</summary>
    public static MarkdownTable Table(IEnumerable<Target> targets)
    {
        var table = new MarkdownTable("what", "target", "measured", "limit", "met") { TextColumns = 5 };
        foreach (var target in targets) table.Add(target.What, target.Goal, target.Measured(), target.Limit, target.Verdict());
        return table;
    }

    /// <summary>Every reading behind its name, the missed ones in bold.</summary>
    public string Measured()
        => Readings.Count == 0 ? "not measured"
        : string.Join("; ", Readings.Select(r => r.Met ? $"{r.Where} {r.Value:0.00#}".Trim() : $"{r.Where} **{r.Value:0.00#}**".Trim()));

    /// <summary>Whether all readings meet their goal, or how many of them do.</summary>
    public string Verdict()
    {
        var met = Readings.Count(r => r.Met);
        return Readings.Count == 0 ? "" : met == Readings.Count ? "yes" : met == 0 ? "no" : $"{met} of {Readings.Count}";
    }
}

/// <summary>One figure of a target.</summary>
/// <param name="Where">What it was measured with.</param>
/// <param name="Value">The ratio.</param>
/// <param name="Met">Whether it reaches the goal.</param>
internal sealed record Reading(string Where, double Value, bool Met)
{
    public static Reading AtMost(string where, double value, double goal) => new(where, value, value <= goal);

    public static Reading AtLeast(string where, double value, double goal) => new(where, value, value >= goal);
}
