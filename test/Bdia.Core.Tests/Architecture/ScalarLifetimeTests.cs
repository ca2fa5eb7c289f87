using System.Reflection;
using Bdia.Core.Numerics;
using Bdia.Core.Reversible;
using TorchSharp;

namespace Bdia.Core.Tests.Architecture;

/// <summary>
/// No number goes to libtorch in a <see cref="Scalar"/> that the garbage collector could free during the call (see
/// <c>TensorMath</c>). Read off the compiled code, so that operators and implicit conversions are seen as well.
/// </summary>
public class ScalarLifetimeTests
{
    private const BindingFlags Everything = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    [Fact]
    public void Only_TensorMath_makes_scalars() => Assert.Empty(Offences(typeof(BdiaStack).Assembly));

    [Fact]
    public void The_scan_sees_operators_and_conversions()
        => Assert.Equal(["Bad: add(Tensor)", "Bad: op_Addition(Tensor, Tensor)", "Bad: op_Implicit(Double)", "Bad: op_Multiply(Tensor, Single)"],
            typeof(ScalarLifetimeTests).GetMethods(Everything).Where(m => m.Name == nameof(Bad)).SelectMany(Offences).Order(StringComparer.Ordinal));

    private static void Bad(torch.Tensor t)
    {
        _ = t + t;
        _ = t * 2f;
        _ = t.add(t);
        _ = t.mul(2.0);
    }

    private static string[] Offences(Assembly assembly)
        => assembly.GetTypes().Where(t => (t.FullName ?? "").Split('+')[0] != typeof(TensorMath).FullName)
            .SelectMany(t => t.GetMethods(Everything).Cast<MethodBase>().Concat(t.GetConstructors(Everything)))
            .SelectMany(Offences).ToArray();

    private static IEnumerable<string> Offences(MethodBase method)
        => Calls(method).Where(MakesScalar).Select(c => $"{method.Name}: {c.Name}({string.Join(", ", c.GetParameters().Select(p => p.ParameterType.Name))})");

    private static bool MakesScalar(MethodBase called)
    {
        var parameters = called.GetParameters().Select(p => p.ParameterType).ToArray();
        if (called.DeclaringType == typeof(Scalar)) return called.Name == "op_Implicit";
        if (called.DeclaringType != typeof(torch.Tensor)) return false;
        // Tensor + Tensor and add(Tensor) wrap the hidden factor 1; an operator with a number wraps the number.
        if (called.Name is "op_Addition" or "add" or "add_") return parameters.Length < 2 || !parameters.Contains(typeof(Scalar));
        return called.Name.StartsWith("op_", StringComparison.Ordinal) && parameters.Any(p => p.IsPrimitive);
    }

    /// <summary>What a method calls: every call or callvirt instruction whose token names a method.</summary>
    private static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        const byte call = 0x28, callvirt = 0x6F;
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i + 4 < il.Length; i++)
        {
            if (il[i] is not (call or callvirt)) continue;
            MethodBase? called;
            try
            {
                called = method.Module.ResolveMethod(BitConverter.ToInt32(il, i + 1),
                    method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null, method.IsGenericMethod ? method.GetGenericArguments() : null);
            }
            catch (Exception e) when (e is ArgumentException or BadImageFormatException)
            {
                continue; // bytes of an operand that look like a call
            }

            if (called is not null) yield return called;
        }
    }
}
