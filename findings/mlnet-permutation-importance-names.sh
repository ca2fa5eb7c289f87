#!/usr/bin/env bash
# Microsoft.ML 5.0.1: PermutationFeatureImportance(ITransformer model, IDataView data), the overload for chains and loaded models, evaluates every
# permutation and only then throws ("Invalid call to 'GetValue'") where the feature column has no slot names: any float[] property with [VectorType], and
# what ExtractPixels gives. The overload for the prediction transformer itself takes the same data. Shown with ML.NET's own trainer.
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
var random = new Random(1);
var data = context.Data.LoadFromEnumerable(Enumerable.Range(0, 60).Select(i => new Row
{
    Label = i % 3 + 1f, Features = [i % 3, random.NextSingle(), random.NextSingle(), -i % 3],
}).ToList());
var chain = context.Transforms.Conversion.MapValueToKey("Label").Append(context.MulticlassClassification.Trainers.SdcaMaximumEntropy()).Fit(data);
var scored = chain.Transform(data);

var direct = context.MulticlassClassification.PermutationFeatureImportance(chain.LastTransformer, scored, permutationCount: 1);
Console.WriteLine($"the transformer itself: {direct.Length} slots");

try
{
    var ofChain = context.MulticlassClassification.PermutationFeatureImportance((ITransformer)chain, scored, permutationCount: 1);
    Console.WriteLine($"the chain: {ofChain.Count} slots");
}
catch (InvalidOperationException fault)
{
    Console.WriteLine($"the chain: {fault.GetType().Name}: {fault.Message}");
}

class Row
{
    public float Label;
    [VectorType(4)] public float[] Features = [];
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="the transformer itself: 4 slots
the chain: InvalidOperationException: Invalid call to 'GetValue'"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
