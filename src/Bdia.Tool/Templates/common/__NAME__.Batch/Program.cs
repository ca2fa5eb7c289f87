// Scores a table (.tsv, .csv, .jsonl, .parquet), or a folder where the model reads pictures, and writes the same rows with predictions.
//     dotnet run --project __NAME__.Batch -- IN OUT

using __NAME___Batch;
using __NAME___Model;
using Bdia.Data;

if (args.Length != 2)
{
    Console.Error.WriteLine("Give what to score, and where to: IN OUT (OUT ends in .tsv, .csv, .jsonl or .parquet).");
    return 2;
}

try
{
    var (rows, bad) = Job.Run(args[0], args[1]);
    Console.WriteLine($"{rows:N0} rows written to {args[1]}, {bad:N0} of them could not be scored.");
    return 0;
}
catch (Exception fault) when (fault is InputException or ModelFileException or OutputException)
{
    Console.Error.WriteLine($"Error: {fault.Message}");
    return fault is InputException ? 3 : fault is ModelFileException ? 4 : 6;
}
