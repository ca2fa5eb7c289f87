namespace Bdia.Docs.Tests;

/// <summary>Every block of code that a README or a page shows compiles and runs as it stands.</summary>
public sealed class ExampleTests
{
    public static TheoryData<string, string> Programs
    {
        get
        {
            var programs = new TheoryData<string, string>();
            foreach (var program in Pages.All().SelectMany(Pages.Programs)) programs.Add(program.Page, program.Name);
            return programs;
        }
    }

    [Theory]
    [MemberData(nameof(Programs))]
    public async Task Code_that_a_reader_copies_compiles_and_runs(string page, string name)
        => await Compiled.Of(Pages.Programs(page).Single(program => program.Name == name)).Run();

    [Fact]
    public void No_prelude_is_without_its_page()
    {
        var names = Pages.All().SelectMany(Pages.Programs).Select(program => program.Name).ToHashSet();

        Assert.All(Directory.EnumerateFiles(Path.Combine(Pages.Root, "test/Bdia.Docs.Tests/Preludes")),
            prelude => Assert.Contains(Path.GetFileNameWithoutExtension(prelude), names));
    }

    [Fact]
    public void Links_between_pages_lead_somewhere()
    {
        var broken = from page in Pages.All()
                     from target in Links.Of(File.ReadAllText(Path.Combine(Pages.Root, page)))
                     where !Path.Exists(Path.Combine(Pages.Root, Path.GetDirectoryName(page)!, target))
                     select $"{page}: {target}";

        Assert.Empty(broken);
    }
}
