using System.Collections.Concurrent;
using System.Reflection;
using System.Reflection.Emit;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Tests;

/// <summary>
/// Finds compiled code that hands libtorch a number in a <see cref="Scalar"/> which the garbage collector could free during the call
/// (see <c>TensorMath</c>, the one place that may). Read off the instructions, so that operators and implicit conversions are seen as well,
/// and off TorchSharp's own, so that the numbers which it adds are: <c>add(b)</c> has a factor 1, <c>square()</c> an exponent 2.
/// </summary>
internal static class ScalarScan
{
    // The place that may, and what shows that the scan sees.
    private static readonly string[] Exempt = ["Bdia.Core.Tensors.TensorMath", "Bdia.Core.Tests.Architecture.ScalarLifetimeTests"];

    private const BindingFlags Everything =
        BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    private static readonly Dictionary<int, OpCode> Instructions = typeof(OpCodes).GetFields(BindingFlags.Public | BindingFlags.Static)
        .Select(field => (OpCode)field.GetValue(null)!).ToDictionary(code => (int)(ushort)code.Value);

    private static readonly ConcurrentDictionary<MethodBase, bool> Known = new();

    /// <summary>Fails with every offence of assemblies, one a line, as "type method: called(parameters)".</summary>
    public static void AssertNone(params IEnumerable<Assembly> assemblies)
    {
        var offences = from assembly in assemblies
                       from type in assembly.GetTypes()
                       where !Exempt.Contains((type.FullName ?? "").Split('+')[0])
                       from method in Methods(type)
                       from offence in Offences(method)
                       select $"{type.FullName} {offence}";
        var all = string.Join('\n', offences);
        Assert.True(all.Length == 0, all);
    }

    /// <summary>Methods and constructors that a type declares.</summary>
    public static IEnumerable<MethodBase> Methods(Type type)
        => type.GetMethods(Everything).Cast<MethodBase>().Concat(type.GetConstructors(Everything));

    /// <summary>Every offence of a method, as "method: called(parameters)".</summary>
    public static IEnumerable<string> Offences(MethodBase method)
        => Calls(method).Where(called => Known.GetOrAdd(called, MakesScalar))
            .Select(c => $"{method.Name}: {c.Name}({string.Join(", ", c.GetParameters().Select(p => p.ParameterType.Name))})");

    // A scalar is made where TorchSharp, from the method called on, may come to its constructor. What a virtual method leads to is not
    // seen, such as an optimiser's step: those of TorchSharp multiply by the learning rate.
    private static bool MakesScalar(MethodBase called)
    {
        if (called is { Name: nameof(optim.Optimizer.step) } && called.DeclaringType == typeof(optim.Optimizer)) return true;
        var (seen, left) = (new HashSet<MethodBase>(), new Stack<MethodBase>([called]));
        while (left.TryPop(out var method))
        {
            if (method.Module != typeof(Scalar).Module || !seen.Add(method)) continue;
            if (method.IsConstructor && method.DeclaringType == typeof(Scalar)) return true;
            foreach (var next in Calls(method)) left.Push(next);
        }

        return false;
    }

    /// <summary>What a method calls, makes by a constructor, or takes as a delegate: every instruction whose operand is a method.</summary>
    public static IEnumerable<MethodBase> Calls(MethodBase method)
    {
        var il = method.GetMethodBody()?.GetILAsByteArray() ?? [];
        for (var i = 0; i < il.Length;)
        {
            var code = Instructions[il[i] == OpCodes.Prefix1.Value ? (il[i++] << 8) | il[i++] : il[i++]];
            if (code.OperandType == OperandType.InlineMethod)
            {
                yield return method.Module.ResolveMethod(BitConverter.ToInt32(il, i),
                    method.DeclaringType is { IsGenericType: true } type ? type.GetGenericArguments() : null,
                    method.IsGenericMethod ? method.GetGenericArguments() : null)!;
            }

            i += code.OperandType switch
            {
                OperandType.InlineNone => 0,
                OperandType.ShortInlineBrTarget or OperandType.ShortInlineI or OperandType.ShortInlineVar => 1,
                OperandType.InlineVar => 2,
                OperandType.InlineI8 or OperandType.InlineR => 8,
                OperandType.InlineSwitch => 4 + 4 * BitConverter.ToInt32(il, i),
                _ => 4,
            };
        }
    }
}
