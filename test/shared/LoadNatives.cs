using System.Runtime.CompilerServices;
using Bdia.Core.Native;

namespace Bdia.Tests;

/// <summary>Compiled into every test project: a test may call TorchSharp before anything of this library.</summary>
internal static class LoadNatives
{
    [ModuleInitializer]
    internal static void Load()
    {
        if (Environment.GetEnvironmentVariable(AbsentVariable) is null)
            BdiaRuntime.EnsureLoaded();
    }

    /// <summary>Set for the process that shows what happens where there are none.</summary>
    internal const string AbsentVariable = "BDIA_TEST_WITHOUT_NATIVES";
}
