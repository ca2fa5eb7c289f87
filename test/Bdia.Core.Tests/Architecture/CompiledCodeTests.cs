using Bdia.Tests.Dependencies;

namespace Bdia.Core.Tests.Architecture;

/// <summary>The reading of compiled code sees what it is trusted to see.</summary>
public class CompiledCodeTests
{
    private const string Users = "Bdia.Core.Tests/Architecture/CompiledCodeUsers.cs";

    [Fact]
    public void Every_way_of_using_a_type_is_seen()
    {
        var used = CompiledCode.Read(AppContext.BaseDirectory, "test", "Bdia.Core.Tests.dll").Uses
            .Where(use => use.File == Users && use.TypeFile == "Bdia.Core.Tests/Architecture/CompiledCodeTargets.cs")
                .Select(use => use.Type);
        var targets = typeof(AsBase).Assembly.GetTypes()
            .Where(type => type.Namespace == typeof(AsBase).Namespace
            && type.Name.TrimStart('I').StartsWith("As", StringComparison.Ordinal));
        Assert.Equal(targets.Select(type => type.Name.Split('`')[0]).Order(), used.Order());
    }

    [Fact]
    public void Rings_are_the_strongly_connected_parts()
        => Assert.Equal([["a", "b", "c"], ["e", "f"]],
            Rings.Of([("a", "b"), ("b", "c"), ("c", "a"), ("c", "d"), ("d", "e"), ("e", "f"), ("f", "e"), ("a", "d"), ("g", "a")]));

    [Fact]
    public void A_long_way_without_a_ring_is_none()
        => Assert.Empty(Rings.Of(Enumerable.Range(0, 500)
            .SelectMany(i => new[] { ($"{i:000}", $"{i + 1:000}"), ($"{i:000}", $"{i + 2:000}") })));

    [Fact]
    public void A_table_is_told_of_what_it_permits_and_the_code_does_not_need()
    {
        var code = CompiledCode.Read(AppContext.BaseDirectory, "test", "Bdia.Core.Tests.dll");
        var table = new ArrowTable
        {
            Rooms = [new("Core.Tests/Nowhere"), new("Core.Tests/Formats", "Core.Tests/Golden"),
                new("Core.Tests/Architecture", "Core.Tests/Golden: GoldenCase"),
                new("Core.Tests/Golden", "Core.Tests: SharedData NoSuchType")],
            Accepted = [new("none", "a", "b")],
        };
        var faults = table.Faults(code, "Bdia.Core.Tests").ToArray();
        Assert.Contains("Core.Tests/Nowhere is in the table and holds no code.", faults);
        Assert.Contains("Core.Tests is new: say in the table, at its place in the order, which folders it may use.", faults);
        Assert.Contains("Core.Tests/Formats may use Core.Tests/Golden, which is not above it in the table.", faults);
        Assert.Contains("Core.Tests/Architecture may use Core.Tests/Golden and does not: take it from the table.", faults);
        Assert.Contains("Core.Tests/Golden may use NoSuchType of Core.Tests and does not: take it from the table.", faults);
        Assert.Contains("This ring is accepted and is none: a, b.", faults);
    }
}
