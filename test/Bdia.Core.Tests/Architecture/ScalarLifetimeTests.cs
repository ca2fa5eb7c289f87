using System.Reflection;
using Bdia.Tests;
using TorchSharp;

namespace Bdia.Core.Tests.Architecture;

/// <summary>The scan that <see cref="ScalarTests"/> holds everything to sees what it is for.</summary>
public class ScalarLifetimeTests
{
    [Fact]
    public void The_scan_sees_operators_conversions_and_what_TorchSharp_adds()
        => Assert.Equal(
            [
                "Bad: ToSingle(Tensor)", "Bad: add(Tensor)", "Bad: arange(Scalar, Nullable`1, Device, Boolean)",
                "Bad: op_Addition(Tensor, Tensor)", "Bad: op_Implicit(Double)", "Bad: op_Implicit(Int32)",
                "Bad: op_Multiply(Tensor, Single)", "Bad: square()", "Bad: square(Tensor)", "Bad: step(Func`1)",
            ],
            ScalarScan.Offences(typeof(ScalarLifetimeTests).GetMethod(nameof(Bad), BindingFlags.NonPublic | BindingFlags.Static)!)
                .Order(StringComparer.Ordinal));

    [Fact]
    public void The_scan_sees_nothing_where_scalars_are_handed_in()
        => Assert.Empty(ScalarScan.Offences(typeof(ScalarLifetimeTests).GetMethod(nameof(Good), BindingFlags.NonPublic
            | BindingFlags.Static)!));

    private static void Bad(torch.Tensor t, torch.optim.Optimizer optimizer)
    {
        _ = t + t;
        _ = t * 2f;
        _ = t.add(t);
        _ = t.mul(2.0);
        _ = t.square();
        _ = torch.arange(3);
        _ = t.ToSingle();
        _ = new[] { t }.Select(torch.square);
        optimizer.step();
    }

    private static void Good(torch.Tensor t, Scalar number)
    {
        _ = t - t * t;
        _ = t.add(t, number);
        _ = t.mul(number).sum().item<float>();
        _ = torch.nn.functional.gelu(torch.ones(2, 3));
    }
}
