using Bdia.Core.Native;

namespace Bdia.Benchmarks.Products;

/// <summary>What multiplies.</summary>
internal enum ProductMethod
{
    /// <summary>libtorch, with MKL's 256-bit kernels on AMD, as by itself.</summary>
    Narrow,

    /// <summary>libtorch, with the kernels that MKL takes on Intel's processors.</summary>
    Wide,

    /// <summary>Ours, of rows that are taken through as columns, 64 at a time.</summary>
    Own,
}

/// <summary>One contender: a row-major product as of a dense layer, X Wᵀ, in float32 and on one thread.</summary>
/// <param name="Method">What multiplies.</param>
/// <param name="Rows">Of X.</param>
/// <param name="Inputs">Columns of X and of W.</param>
/// <param name="Outputs">Rows of W.</param>
internal sealed record ProductSettings(ProductMethod Method, int Rows, int Inputs, int Outputs)
{
    /// <summary>The variables of its process.</summary>
    public IEnumerable<(string Name, string Value)> Environment()
        => Method == ProductMethod.Narrow ? [(WideProducts.Variable, "0")] : [];

    public override string ToString() => $"{Method}, {Rows} x {Inputs} by {Inputs} x {Outputs}";
}

/// <summary>What one process measured, per second of its processor time, whatever else the machine does.</summary>
/// <param name="Rate">Floating-point operations of the product, the best of some.</param>
/// <param name="Limit">The same of multiply-adds that wait for nothing.</param>
internal sealed record ProductFigures(double Rate, double Limit);
