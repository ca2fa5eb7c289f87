using Bdia.Samples.OnnxTranslation;

// Translates with the files that SaveOnnx wrote: FOLDER [--beam N] [TEXT ...]; without texts, the lines of standard input.
try
{
    var rest = args.ToList();
    int? beam = null;
    if (rest.IndexOf("--beam") is var at and >= 0)
    {
        if (at + 1 >= rest.Count || !int.TryParse(rest[at + 1], out var size) || size is < 1 or > 100)
            throw new ArgumentException("--beam must be followed by a whole number from 1 (greedy) to 100.");
        beam = size;
        rest.RemoveRange(at, 2);
    }

    if (rest.Count == 0)
        throw new ArgumentException("Give the folder that the model's SaveOnnx wrote: OnnxTranslation FOLDER [--beam N] [TEXT ...].");
    using var translator = OnnxTranslator.Open(rest[0]);
    IEnumerable<string> texts = rest.Count > 1 ? rest.Skip(1) : Lines();
    foreach (var part in texts.Chunk(64))
    {
        foreach (var text in translator.Translate(part, beam)) Console.WriteLine(text);
    }

    return 0;
}
catch (Exception fault) when (fault is ArgumentException or IOException or InvalidDataException or NotSupportedException)
{
    Console.Error.WriteLine(fault.Message);
    return 1;
}

static IEnumerable<string> Lines()
{
    while (Console.ReadLine() is { } line) yield return line;
}
