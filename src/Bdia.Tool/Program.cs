using Bdia.Tool.CommandLine;

using var console = new ToolConsole(Console.In, Console.Out, Console.Error, !Console.IsOutputRedirected);
return BdiaCommand.Run(args, console, StopKeys.Listen());
