#!/usr/bin/env bash
# Microsoft.ML.OnnxConverter 0.23.1 (Microsoft.ML 5.0.1): ConvertToOnnx of a pipeline with a step that ONNX cannot hold, such as a CustomMapping that
# rewrites a column, writes a file without that step: byte for byte the file of the pipeline that never had it. A line in MLContext.Log, of kind Warning, is
# all; no exception, and what the file computes is something else.
#
# Needs the .NET SDK. Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.ML" Version="5.0.1" />
    <PackageReference Include="Microsoft.ML.OnnxConverter" Version="0.23.1" />
  </ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

var context = new MLContext(1);
var data = context.Data.LoadFromEnumerable(new[] { new Row { Amount = 1 }, new Row { Amount = 2 } });
var copy = context.Transforms.CopyColumns("Result", "Amount");
var mapped = context.Transforms.CustomMapping<Row, Row>((from, to) => to.Amount = from.Amount * 1000, null).Append(copy).Fit(data);
var plain = copy.Fit(data);

Console.WriteLine($"the pipeline gives {string.Join(", ", mapped.Transform(data).GetColumn<float>(mapped.Transform(data).Schema["Result"]))}");
var warnings = 0;
context.Log += (_, line) => warnings += line.Kind == ChannelMessageKind.Warning ? 1 : 0;
using var with = new MemoryStream();
using var without = new MemoryStream();
context.Model.ConvertToOnnx(mapped, data, with);
context.Model.ConvertToOnnx(plain, data, without);
Console.WriteLine($"warnings {warnings}, files alike: {with.ToArray().AsSpan().SequenceEqual(without.ToArray())}");

class Row { public float Amount { get; set; } }
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="the pipeline gives 1000, 2000
warnings 1, files alike: True"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
