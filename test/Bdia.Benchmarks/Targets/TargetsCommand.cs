using System.CommandLine;
using Bdia.Benchmarks.Data;
using Bdia.Benchmarks.Growth;
using Bdia.Benchmarks.Scoring;
using Bdia.Benchmarks.Training;
using Bdia.Benchmarks.Translation;

namespace Bdia.Benchmarks.Targets;

/// <summary>Prints all targets beside what the suites' files say.</summary>
internal static class TargetsCommand
{
    public static Command Command()
    {
        var folder = new Option<DirectoryInfo>("--results") { Description = "Folder with training.json, growth.json, scoring.json, "
            + "data.json and translation.json; one that is missing counts as not measured.",
            DefaultValueFactory = _ => new("docs/results") };
        var command = new Command("targets", "Prints every target with what was measured for it.") { folder };
        command.SetAction(parse => Console.WriteLine(Target.Table(All(parse.GetValue(folder)!))));
        return command;
    }

    private static IEnumerable<Target> All(DirectoryInfo folder)
    {
        ResultFile Open(string suite) => ResultFile.Open(new(Path.Combine(folder.FullName, suite + ".json")), resume: true);
        var training = Open("training").All<TrainingSettings, TrainingFigures>(ResultFile.Rows);
        var scoring = Open("scoring").All<ScoringSettings, ScoringFigures>(ResultFile.Rows);
        var decoding = Open("translation").All<DecodingSettings, DecodingFigures>(nameof(TranslationSuite.Decoding));
        return
        [
            .. TrainingTargets.Of([.. training.Select(row => new TrainingSummary(row.Settings, row.Runs))]),
            TrainingTargets.Of(GrowthSuite.Read(Open("growth"))),
            .. OtherTargets.OfScoring(scoring),
            OtherTargets.OfData(Open("data").All<DataSettings, DataFigures>(ResultFile.Rows)),
            OtherTargets.OfDecoding(decoding),
        ];
    }
}
