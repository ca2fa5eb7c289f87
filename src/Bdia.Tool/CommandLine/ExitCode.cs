namespace Bdia.Tool.CommandLine;

/// <summary>What a script gets to know; the README has the same list.</summary>
internal static class ExitCode
{
    /// <summary>All is done.</summary>
    public const int Success = 0;

    /// <summary>Something that nobody foresaw.</summary>
    public const int Fault = 1;

    /// <summary>The command line is wrong.</summary>
    public const int CommandLine = 2;

    /// <summary>The data cannot be used: not there, of no known kind, without a column, of one class, damaged.</summary>
    public const int Data = 3;

    /// <summary>The model cannot be used: not there, damaged, or of another task.</summary>
    public const int Model = 4;

    /// <summary>Training ended without a model.</summary>
    public const int Training = 5;

    /// <summary>The output cannot be written: a full disk, a folder without rights, a file of another run.</summary>
    public const int Output = 6;

    /// <summary>Ended by Ctrl+C before there was anything to keep.</summary>
    public const int Cancelled = 130;
}
