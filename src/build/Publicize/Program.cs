using Publicize;

// publicize DESTINATION_FOLDER ASSEMBLY...   writes each assembly, made public, into the folder under its own file name.
if (args.Length < 2)
{
    Console.Error.WriteLine("publicize : error : expected DESTINATION_FOLDER ASSEMBLY...");
    return 2;
}

var folder = Directory.CreateDirectory(args[0]).FullName;
foreach (var source in args.Skip(1))
{
    var destination = Path.Combine(folder, Path.GetFileName(source));
    // Two builds may run side by side: whoever compiles against the copy must never see half of one.
    var unfinished = $"{destination}.{Environment.ProcessId}";
    try
    {
        File.WriteAllBytes(unfinished, Publicizer.MakePublic(File.ReadAllBytes(source)));
        File.Move(unfinished, destination, overwrite: true);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or BadImageFormatException)
    {
        File.Delete(unfinished);
        Console.Error.WriteLine($"publicize : error : '{source}' could not be made public: {e.Message}");
        return 1;
    }
}

return 0;
