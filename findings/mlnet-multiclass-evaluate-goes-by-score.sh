#!/usr/bin/env bash
# Microsoft.ML 5.0.1: MulticlassClassification.Evaluate asks for predictedLabelColumnName, refuses data without that column, and takes accuracy and
# confusion matrix from the largest score alone. A pipeline that sets other labels than the largest score (a threshold below which a row is "unknown", classes
# that are joined) is judged as if it had not: here every predicted label is wrong, and the accuracy is 1.
#
# Needs the .NET SDK. Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="Microsoft.ML" Version="5.0.1" /></ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using Microsoft.ML;
using Microsoft.ML.Data;

var context = new MLContext(1);
var data = context.Data.LoadFromEnumerable(Enumerable.Range(0, 60)
    .Select(i => new Row { Name = i % 2 == 0 ? "cat" : "dog", Features = [i % 2, 1 - i % 2] }).ToList());
var model = context.Transforms.Conversion.MapValueToKey("Label", "Name")
    .Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy())
    .Append(context.Transforms.Conversion.MapKeyToValue("Told", "PredictedLabel"))
    .Append(context.Transforms.CustomMapping<Told, Turned>((from, to) => to.Other = from.Text == "cat" ? "dog" : "cat", null))
    .Append(context.Transforms.Conversion.MapValueToKey("TurnedLabel", "Other")).Fit(data);
var scored = model.Transform(data);

var right = scored.GetColumn<string>("Name").Zip(scored.GetColumn<string>("Other")).Count(row => row.First == row.Second);
Console.WriteLine($"rows of 60 whose predicted label is right: {right}");
var metrics = context.MulticlassClassification.Evaluate(scored, predictedLabelColumnName: "TurnedLabel");
Console.WriteLine($"micro-accuracy by that column: {metrics.MicroAccuracy}");
try
{
    context.MulticlassClassification.Evaluate(scored, predictedLabelColumnName: "None");
}
catch (ArgumentOutOfRangeException)
{
    Console.WriteLine("without the column: refused");
}

class Row
{
    public string Name = "";
    [VectorType(2)] public float[] Features = [];
}

class Told
{
    [ColumnName("Told")] public string Text { get; set; } = "";
}

class Turned
{
    public string Other { get; set; } = "";
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="rows of 60 whose predicted label is right: 0
micro-accuracy by that column: 1
without the column: refused"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
