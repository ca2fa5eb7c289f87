namespace Bdia.Core.Tests.Architecture;

/// <summary>Uses every type of the file of targets; nothing here is ever run.</summary>
internal sealed class CompiledCodeUsers(AsField? field) : AsBase, IAsInterface
{
    private readonly AsField? field = field;

    [As]
    internal string? Attribute(AsParameter parameter) => field is null ? parameter.ToString() : null;

    internal AsResult? Result() => field is null ? null : default;

    internal static int Body(object value, List<AsTypeArgument> list)
    {
        try
        {
            AsLocal local = new();
            var array = new AsElement[list.Count];
            return value is AsTested ? array.Length : local.GetHashCode().Twice() + AsStatic.Count;
        }
        catch (AsCaught)
        {
            return AsStatic.State == AsCompared.Two ? 1 : 0;
        }
    }

    internal static T? Constrained<T>(AsGeneric<T> generic) where T : AsBase => generic.Value;

    internal static bool Constraint<T>() where T : IAsConstraint => typeof(T).IsClass;

    internal static Func<int> Closure(AsDelegate function)
    {
        var captured = new AsClosure();
        return () => function(captured.Number);
    }
}
