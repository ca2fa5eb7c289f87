#!/usr/bin/env bash
# Microsoft.ML.ImageAnalytics 5.0.1: ExtractPixels disposes the MLImage of its input row, also where that image is not its own but an object of the
# caller's list (LoadFromEnumerable). So a view over images in memory can be read once: the second pass, which every trainer with more than one epoch, every
# Evaluate behind a Fit and every Preview makes, ends with "Object is disposed". Images that LoadImages reads come anew with each pass.
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
using Microsoft.ML.Transforms.Image;

var context = new MLContext(1);
var pixels = Enumerable.Range(0, 4 * 8 * 8).Select(i => (byte)(i % 4 == 3 ? 255 : i)).ToArray();
var row = new Row { Image = MLImage.CreateFromPixels(8, 8, MLPixelFormat.Rgba32, pixels) };
var data = context.Data.LoadFromEnumerable(new List<Row> { row });
var view = context.Transforms.ExtractPixels("Pixels", "Image").Fit(data).Transform(data);

Console.WriteLine($"before: {row.Image.Width} pixels wide");
foreach (var pass in (int[])[1, 2])
{
    try
    {
        Console.WriteLine($"pass {pass}: {view.GetColumn<float[]>("Pixels").Single().Length} values");
    }
    catch (InvalidOperationException fault)
    {
        Console.WriteLine($"pass {pass}: {fault.Message}");
    }
}

class Row
{
    [ImageType(8, 8)] public MLImage Image { get; set; }
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="before: 8 pixels wide
pass 1: 192 values
pass 2: Object is disposed."
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
