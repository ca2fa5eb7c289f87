using System.Reflection;
using TorchSharp;

namespace Bdia.Tests;

/// <summary>
/// Finds compiled code that hands libtorch a number in a <see cref="Scalar"/> which the garbage collector could free during the call
/// (see <c>TensorMath</c>, the one place that may). Read off the instructions, so that operators and implicit conversions are seen as well.
/// </summary>
internal static class ScalarScan
{
    private const string Exempt = "Bdia.Core.Tensors.TensorMath";
    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    /// <summary>Every offence of an assembly, as "method: called(parameters)".</summary>
    public static string[] Offences(Assembly assembly)
        => assembly.GetTypes().Where(t => (t.FullName ?? "").Split('+')[0] != Exempt).SelectMany(Methods).SelectMany(Offences).ToArray();

    /// <summary>Methods and constructors that a type declares.</summary>
    public static IEnumerable<MethodBase> Methods(Type type)
        => type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything));

    /// <summary>Every offence of a method.</summary>
    public static IEnumerable<string> Offences(MethodBase method)
        => Calls(method).Where(MakesScalar)
            .Select(c => $"{method.Name}: {c.Name}({string.Join(", ", c.GetParameters().Select(p => p.ParameterType.Name))})");

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
    public static IEnumerable<MethodBase> Calls(MethodBase method)
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
                    method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments()
                        : null, method.IsGenericMethod ? method.GetGenericArguments() : null);
            }
            catch (Exception e) when (e is ArgumentException or BadImageFormatException)
            {
                continue; // bytes of an operand that look like a call
            }

            if (called is not null) yield return called;
        }
    }
}
