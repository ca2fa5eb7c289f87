using System.Runtime.CompilerServices;

// ML.NET keeps for its own packages what a transformer needs to be saved and loaded. We compile against copies that show it
// (src/build/PublicMLNet.targets); these two lines make the runtime let the calls through.
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Core")]
[assembly: IgnoresAccessChecksTo("Microsoft.ML.Data")]

namespace System.Runtime.CompilerServices;

/// <summary>Known to the runtime by its name: this assembly may use what the named one keeps internal.</summary>
[AttributeUsage(AttributeTargets.Assembly, AllowMultiple = true)]
internal sealed class IgnoresAccessChecksToAttribute(string assemblyName) : Attribute
{
    /// <summary>Simple name of the assembly whose internals are used.</summary>
    public string AssemblyName { get; } = assemblyName;
}
