using __NAME___Model;

namespace __NAME___ConsoleApp;

/// <summary>What the command line has.</summary>
internal static class Arguments
{
    public const string Usage = "Give picture files; or train FOLDER OUT.zip, where FOLDER has a folder of pictures for each class.";

    public static __NAME__.ModelInput Input(string argument) => new() { ImageSource = File.ReadAllBytes(argument) };
}
