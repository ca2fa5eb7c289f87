#!/usr/bin/env bash
# TorchSharp 0.107.0: tensor.sum(0) and tensor.prod(0) do not reduce the first dimension, as std(0), all(0) or softmax(0) do. A literal 0 converts to
# any enum in C#, and the overload that it finds takes a ScalarType: the whole tensor is reduced, as ScalarType 0, which is a byte. sum(1) does not
# compile; sum([0L]) is what was meant. Shown by what the compiler calls, so that no native library is needed.
#
# Needs the .NET SDK. Exits 1 if the behaviour changes.
set -euo pipefail
folder=$(mktemp -d); trap 'rm -rf "$folder"' EXIT; cd "$folder"

cat > finding.csproj <<'PROJECT'
<Project Sdk="Microsoft.NET.Sdk">
  <PropertyGroup><OutputType>Exe</OutputType><TargetFramework>net10.0</TargetFramework><ImplicitUsings>enable</ImplicitUsings></PropertyGroup>
  <ItemGroup><PackageReference Include="TorchSharp" Version="0.107.0" /></ItemGroup>
</Project>
PROJECT
cat > Program.cs <<'PROGRAM'
using static TorchSharp.torch;

Show("sum(0)", t => t.sum(0));
Show("prod(0)", t => t.prod(0));
Show("std(0)", t => t.std(0));
Show("all(0)", t => t.all(0));
Show("softmax(0)", t => t.softmax(0));
Show("sum([0L])", t => t.sum([0L]));
Console.WriteLine($"ScalarType 0 is {(ScalarType)0}");

// The first method of Tensor that the compiled lambda calls, with the type of its first parameter.
static void Show(string text, Func<Tensor, Tensor> lambda)
{
    var code = lambda.Method.GetMethodBody()!.GetILAsByteArray()!;
    for (var i = 0; i + 4 < code.Length; i++)
    {
        if (code[i] is not (0x28 or 0x6F)) continue; // call, callvirt
        try
        {
            var called = lambda.Method.Module.ResolveMethod(BitConverter.ToInt32(code, i + 1))!;
            if (called.DeclaringType != typeof(Tensor)) continue;
            var first = called.GetParameters()[0].ParameterType;
            Console.WriteLine($"{text} calls {called.Name}({(Nullable.GetUnderlyingType(first) is { } inner ? inner.Name + "?" : first.Name)} ...)");
            return;
        }
        catch (ArgumentException)
        {
            // not a call, but a byte that looks like one
        }
    }
}
PROGRAM
dotnet build -c Release -o out --nologo -v q >/dev/null
output=$(dotnet out/finding.dll)
echo "$output"
expected="sum(0) calls sum(ScalarType? ...)
prod(0) calls prod(ScalarType? ...)
std(0) calls std(Int64 ...)
all(0) calls all(Int64 ...)
softmax(0) calls softmax(Int64 ...)
sum([0L]) calls sum(ReadOnlySpan\`1 ...)
ScalarType 0 is Byte"
[ "$output" = "$expected" ] || { echo "the behaviour has changed"; exit 1; }
