using __NAME___Model;

namespace __NAME___ConsoleApp;

/// <summary>What the command line has.</summary>
internal static class Arguments
{
    public const string Usage = "Give texts; or train FILE OUT.zip, where FILE has the rows.";

    public static __NAME__.ModelInput Input(string argument) => new() { __INPUT__ = argument };
}
