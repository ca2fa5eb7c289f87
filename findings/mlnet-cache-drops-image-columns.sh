#!/usr/bin/env bash
# Microsoft.ML 5.0.1: Data.Cache (and AppendCacheCheckpoint) leaves out the columns that it cannot keep, those of MLImage, without a word: the cached view has
# the other columns alone, and whoever comes behind it finds no column of that name. Where no column is left it throws, with a message about choosing columns.
#
# Needs the .NET SDK. Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup>
    <PackageReference Include="Microsoft.ML" Version="5.0.1" />
    <PackageReference Include="Microsoft.ML.ImageAnalytics" Version="5.0.1" />
    <PackageReference Include="SkiaSharp.NativeAssets.Linux.NoDependencies" Version="2.88.9" />
  </ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;
using Microsoft.ML.Transforms.Image;

var context = new MLContext(1);
var warnings = 0;
context.Log += (_, line) => { if (line.Kind is ChannelMessageKind.Warning or ChannelMessageKind.Error) warnings++; };
var image = MLImage.CreateFromPixels(2, 2, MLPixelFormat.Rgba32, new byte[16]);
var data = context.Data.LoadFromEnumerable(new List<Row> { new() { Number = 1, Image = image } });

Console.WriteLine($"before: {Names(data)}");
Console.WriteLine($"cached: {Names(context.Data.Cache(data))}; warnings: {warnings}");
try
{
    context.Data.Cache(context.Data.LoadFromEnumerable(new List<ImageAlone> { new() { Image = image } }));
}
catch (InvalidOperationException fault)
{
    Console.WriteLine($"the image alone: {fault.Message}");
}

static string Names(IDataView view) => string.Join(", ", view.Schema.Select(column => column.Name));

class Row
{
    public float Number { get; set; }
    [ImageType(2, 2)] public MLImage Image { get; set; }
}

class ImageAlone
{
    [ImageType(2, 2)] public MLImage Image { get; set; }
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="before: Number, Image
cached: Number; warnings: 0
the image alone: Choose columns by index has no output column."
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
