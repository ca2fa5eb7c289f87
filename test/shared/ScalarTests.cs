using System.Reflection;

namespace Bdia.Tests;

/// <summary>
/// No number goes to libtorch in a scalar that the garbage collector could free during the call. In a library that is a wrong number; in a
/// test, a failure that nothing is wrong with.
/// </summary>
public class ScalarTests
{
    [Fact]
    public void Neither_tests_nor_the_libraries_they_use_make_scalars_that_could_be_freed_during_the_call()
    {
        var tests = typeof(ScalarTests).Assembly;
        ScalarScan.AssertNone([tests, .. tests.GetReferencedAssemblies()
            .Where(name => name.Name!.StartsWith("bdia", StringComparison.OrdinalIgnoreCase)).Select(Assembly.Load)]);
    }
}
