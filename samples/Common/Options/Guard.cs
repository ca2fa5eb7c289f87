using Spectre.Console;

namespace Bdia.Samples.Common.Options;

/// <summary>Turns what goes wrong into one message for people and an exit code for scripts.</summary>
internal static class Guard
{
    public const int Failed = 1;

    public static int Run(Func<int> action)
    {
        try
        {
            return action();
        }
        // Whatever it is, whoever runs a sample is served by the message and not by a stack trace.
        catch (Exception fault)
        {
            Console.Error.WriteLine();
            Console.Error.WriteLine($"Error: {Message(fault)}");
            return Failed;
        }
    }

    /// <summary>The message, and those of its causes that say more.</summary>
    private static string Message(Exception fault)
    {
        var messages = new List<string>();
        for (Exception? cause = fault; cause is not null; cause = cause.InnerException)
            if (!messages.Any(said => said.Contains(cause.Message, StringComparison.Ordinal))) messages.Add(cause.Message);
        return string.Join(Environment.NewLine + "  because: ", messages);
    }
}
