namespace Bdia.Core.Tests.Architecture;

// Each is used in one way only by the file of users: a type that is not found is a way that is not seen.
internal class AsBase;

internal interface IAsInterface;

internal sealed class AsTypeArgument;

internal interface IAsConstraint;

internal sealed class AsField;

internal sealed class AsParameter;

internal sealed class AsResult;

internal sealed class AsLocal;

internal sealed class AsElement;

internal sealed class AsTested;

internal sealed class AsCaught : Exception;

internal enum AsCompared
{
    One,
    Two,
}

[AttributeUsage(AttributeTargets.Method)]
internal sealed class AsAttribute : Attribute;

internal static class AsStatic
{
    public static int Count { get; set; }

    public static AsCompared State { get; set; }
}

internal static class AsExtension
{
    public static int Twice(this int value) => 2 * value;
}

internal sealed class AsGeneric<T>
{
    public T? Value { get; set; }
}

internal sealed class AsClosure
{
    public int Number { get; set; }
}

internal delegate int AsDelegate(int value);
