using Bdia.MLNet.ImageClassification;
using Bdia.Tests;

namespace Bdia.MLNet.Tests.Internals;

/// <summary>No number goes to libtorch in a scalar that the garbage collector could free during the call.</summary>
public class ScalarLifetimeTests
{
    [Fact]
    public void This_library_makes_no_scalars() => Assert.Empty(ScalarScan.Offences(typeof(BitmapReader).Assembly));
}
