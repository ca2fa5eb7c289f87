namespace Bdia.Tool.Tests.Support;

/// <summary>A small model of each task, trained once for all tests.</summary>
public sealed class Trained : IDisposable
{
    private static readonly string[] From = ["one", "two", "three", "four", "five"], To = ["un", "deux", "trois", "quatre", "cinq"];
    private readonly TemporaryFolder folder = new();
    private readonly Dictionary<string, Command.Result> results = [];

    internal TemporaryFolder Folder => folder;

    internal string PictureFolder { get; private set; } = "";

    internal string Messages { get; private set; } = "";

    internal string Pairs { get; private set; } = "";

    internal string Book { get; private set; } = "";

    internal string Pictures() => Model("Colours", () =>
    {
        PictureFolder = Support.Pictures.Folder(folder);
        return ["image-classification", "--dataset", PictureFolder, "--epochs", "6"];
    });

    internal string Texts() => Model("Topics", () =>
    {
        (string Topic, string[] Words)[] topics = [("delivery", ["parcel", "where", "late"]), ("bill", ["pay", "price", "refund"])];
        Messages = folder.Write("messages.tsv", "message\ttopic\n" + string.Concat(Enumerable.Range(0, 60).Select(i =>
            $"{topics[i % 2].Words[i % 3]} is my {topics[i % 2].Words[i / 3 % 3]} {i}\t{topics[i % 2].Topic}\n")));
        return ["text-classification", "--dataset", Messages, "--label-col", "topic", "--text-col", "message", "--epochs", "3"];
    });

    internal string Translator() => Model("Numbers", () =>
    {
        Pairs = folder.Write("pairs.csv", "en,fr\n" + string.Concat(Enumerable.Range(0, 60).Select(i =>
            $"{From[i % 5]} {From[i / 5 % 5]} {i},{To[i % 5]} {To[i / 5 % 5]} {i}\n")));
        return ["translation", "--dataset", Pairs, "--source", "en", "--target", "fr", "--epochs", "2"];
    });

    internal string Writer() => Model("Lines", () =>
    {
        Book = folder.Write("book.txt", string.Concat(Enumerable.Range(0, 80).Select(i
            => $"To be, or {From[i % 5]} to {From[i / 2 % 5]}.\n")));
        return ["text-generation", "--dataset", Book, "--epochs", "1"];
    });

    /// <summary>What the command said that trained the model of a name.</summary>
    internal Command.Result Said(string name) => results[name];

    public void Dispose() => folder.Dispose();

    // Tests of a collection run one after the other.
    private string Model(string name, Func<string[]> arguments)
    {
        if (!results.ContainsKey(name))
            results[name] = Command.Run([.. arguments(), "--name", name, "--output", folder.At(name), "--no-code", "--threads", "2"])
                .Succeeded();
        return folder.At($"{name}/{name}.zip");
    }
}

/// <summary>The tests that share the models.</summary>
[CollectionDefinition(nameof(ModelTests))]
public sealed class ModelTests : ICollectionFixture<Trained>;
