using System.CommandLine;
using Bdia.Benchmarks;
using Bdia.Benchmarks.Data;
using Bdia.Benchmarks.Growth;
using Bdia.Benchmarks.Scoring;
using Bdia.Benchmarks.Sweep;
using Bdia.Benchmarks.Targets;
using Bdia.Benchmarks.Training;
using Bdia.Benchmarks.Translation;

// One suite a command; each contender of a suite runs in a process of its own (a hidden command of the suite).
var root = new RootCommand("Measures Bdia.MLNet. Each suite prints a Markdown table and can write it as JSON.");
root.Subcommands.Add(TrainingSuite.Command());
root.Subcommands.Add(GrowthSuite.Command());
root.Subcommands.Add(SweepSuite.Command());
root.Subcommands.Add(ScoringSuite.Command());
root.Subcommands.Add(TranslationSuite.Command());
root.Subcommands.Add(DataSuite.Command());
root.Subcommands.Add(TargetsCommand.Command());
root.Subcommands.Add(ArrowsCommand.Command());
root.Subcommands.Add(AllCommand.Command(root));
root.Subcommands.Add(TrainingSuite.Contender.Command());
root.Subcommands.Add(SweepSuite.Rows.Command());
root.Subcommands.Add(MemoryBreakdown.Contender.Command());
root.Subcommands.Add(ScoringSuite.Contender.Command());
root.Subcommands.Add(TranslationSuite.Decoding.Command());
root.Subcommands.Add(TranslationSuite.Training.Command());
root.Subcommands.Add(DataSuite.Contender.Command());
return await root.Parse(args).InvokeAsync();
