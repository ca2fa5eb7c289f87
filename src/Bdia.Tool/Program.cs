using Bdia.Tool.CommandLine;

return BdiaCommand.Run(args, new ToolConsole(Console.In, Console.Out, Console.Error, !Console.IsOutputRedirected), StopKeys.Listen());
