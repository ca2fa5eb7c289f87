using System.Runtime.CompilerServices;
using Bdia.Core.Native;

namespace Bdia.Tests;

/// <summary>Compiled into every test project: a test may call TorchSharp before anything of this library.</summary>
internal static class LoadNatives
{
    [ModuleInitializer]
    internal static void Load() => BdiaRuntime.EnsureLoaded();
}
