#!/usr/bin/env bash
# Microsoft.ML 5.0.1: MulticlassClassification.Evaluate leaves out every row whose class training did not have. MapValueToKey, fitted with the model, gives
# such a row the missing key, and the evaluator counts neither it nor a fault: a model that can be right for half of the test rows has an accuracy of 1, a
# log-loss near 0, and a confusion matrix of half of the rows. Nothing of kind Warning or Error stands in MLContext.Log.
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
using Microsoft.ML.Runtime;

var context = new MLContext(1);
var warnings = 0;
context.Log += (_, line) => { if (line.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error) warnings++; };
var train = context.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => Row.Of(i, i % 2 == 0 ? "cat" : "dog")).ToList());
var test = context.Data.LoadFromEnumerable(
    Enumerable.Range(0, 20).Select(i => Row.Of(i, i >= 10 ? "bird" : i % 2 == 0 ? "cat" : "dog")).ToList());
var model = context.Transforms.Conversion.MapValueToKey("Label", "Name")
    .Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy()).Fit(train);

var metrics = context.MulticlassClassification.Evaluate(model.Transform(test));
Console.WriteLine($"20 test rows, 10 of them birds, which training had none of: micro-accuracy {metrics.MicroAccuracy}, "
    + $"macro-accuracy {metrics.MacroAccuracy}, log-loss below 0.01: {metrics.LogLoss < 0.01}");
Console.WriteLine($"rows in the confusion matrix: {metrics.ConfusionMatrix.Counts.Sum(row => row.Sum())}; warnings: {warnings}");

class Row
{
    public string Name = "";
    [VectorType(2)] public float[] Features = [];

    public static Row Of(int i, string name) => new() { Name = name, Features = [i % 2, 1 - i % 2] };
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="20 test rows, 10 of them birds, which training had none of: micro-accuracy 1, macro-accuracy 1, log-loss below 0.01: True
rows in the confusion matrix: 10; warnings: 0"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
