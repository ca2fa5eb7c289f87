using System.Reflection;
using Bdia.Core.Reversible;
using Bdia.Tests;
using TorchSharp;

namespace Bdia.Core.Tests.Architecture;

/// <summary>No number goes to libtorch in a scalar that the garbage collector could free during the call.</summary>
public class ScalarLifetimeTests
{
    [Fact]
    public void Only_TensorMath_makes_scalars() => Assert.Empty(ScalarScan.Offences(typeof(BdiaStack).Assembly));

    [Fact]
    public void The_scan_sees_operators_and_conversions()
        => Assert.Equal(["Bad: add(Tensor)", "Bad: op_Addition(Tensor, Tensor)", "Bad: op_Implicit(Double)", "Bad: op_Multiply(Tensor, "
            + "Single)"],
            ScalarScan.Offences(typeof(ScalarLifetimeTests).GetMethod(nameof(Bad), BindingFlags.NonPublic | BindingFlags.Static)!)
                .Order(StringComparer.Ordinal));

    private static void Bad(torch.Tensor t)
    {
        _ = t + t;
        _ = t * 2f;
        _ = t.add(t);
        _ = t.mul(2.0);
    }
}
