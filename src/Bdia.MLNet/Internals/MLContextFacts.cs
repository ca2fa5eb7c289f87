using Microsoft.ML;
using Microsoft.ML.Data;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet.Internals;

/// <summary>What an <see cref="MLContext"/> was told, seen from inside a component.</summary>
internal static class MLContextFacts
{
    /// <summary>The environment behind a catalog such as <c>mlContext.MulticlassClassification.Trainers</c>.</summary>
    public static IHostEnvironment Environment(TrainCatalogBase.CatalogInstantiatorBase catalog) => ((IInternalCatalog)catalog).Environment;

    /// <summary>
    /// The environment that a context gives its own catalogs. It is not the context itself, which knows no <c>CancelExecution</c> as an
    /// environment.
    /// </summary>
    public static IHostEnvironment Environment(MLContext context) => ((IInternalCatalog)context.Regression).Environment;

    /// <summary>Whether <c>MLContext.CancelExecution</c> was called.</summary>
    public static bool IsCanceled(IHostEnvironment environment) => environment is ICancelable { IsCanceled: true };

    /// <summary><c>MLContext.GpuDeviceId</c>: null stands for the CPU.</summary>
    public static int? GpuDeviceId(IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.GpuDeviceId;

    /// <summary><c>MLContext.FallbackToCpu</c>.</summary>
    public static bool FallbackToCpu(IHostEnvironment environment) => (environment as IHostEnvironmentInternal)?.FallbackToCpu ?? true;
}
