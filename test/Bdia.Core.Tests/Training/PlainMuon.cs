namespace Bdia.Core.Tests.Training;

/// <summary>Muon in loops and in double precision, with the bound and the rounds of ours: the oracle of the one that trains.</summary>
internal sealed class PlainMuon(float[] weights, int parts, int columns, double momentum)
{
    private readonly double[] buffer = new double[weights.Length];

    public double[] Weights { get; } = [.. weights.Select(weight => (double)weight)];

    public void Step(float[] gradient, double rate, double scale, double decay)
    {
        var direction = new double[gradient.Length];
        for (var i = 0; i < gradient.Length; i++)
        {
            var g = scale * gradient[i];
            buffer[i] = momentum * buffer[i] + (1 - momentum) * g;
            direction[i] = momentum * buffer[i] + (1 - momentum) * g;
            Weights[i] *= 1 - rate * decay;
        }

        var rows = gradient.Length / parts / columns;
        for (var part = 0; part < parts; part++)
        {
            var x = new double[rows, columns];
            for (var r = 0; r < rows; r++) for (var c = 0; c < columns; c++) x[r, c] = direction[(part * rows + r) * columns + c];
            x = Orthogonal(x);
            for (var r = 0; r < rows; r++)
                for (var c = 0; c < columns; c++)
                    Weights[(part * rows + r) * columns + c] -= rate * 0.2 * Math.Sqrt(Math.Max(rows, columns)) * x[r, c];
        }
    }

    private static double[,] Orthogonal(double[,] x)
    {
        if (x.GetLength(0) > x.GetLength(1)) return Transposed(Orthogonal(Transposed(x)));
        var first = Product(x, Transposed(x));
        x = Sum(1 / (Math.Sqrt(Norm(first)) + 1e-30), x, 0, x);
        for (var round = 0; round < 4; round++)
        {
            var square = Product(x, Transposed(x));
            x = Sum(3.4445, x, 1, Product(Sum(-4.7750, square, 2.0315, Product(square, square)), x));
        }

        return x;
    }

    private static double Norm(double[,] a) => Math.Sqrt(a.Cast<double>().Sum(value => value * value));

    private static double[,] Product(double[,] a, double[,] b) => Make(a.GetLength(0), b.GetLength(1),
        (r, c) => Enumerable.Range(0, a.GetLength(1)).Sum(k => a[r, k] * b[k, c]));

    private static double[,] Transposed(double[,] a) => Make(a.GetLength(1), a.GetLength(0), (r, c) => a[c, r]);

    private static double[,] Sum(double p, double[,] a, double q, double[,] b)
        => Make(a.GetLength(0), a.GetLength(1), (r, c) => p * a[r, c] + q * b[r, c]);

    private static double[,] Make(int rows, int columns, Func<int, int, double> value)
    {
        var result = new double[rows, columns];
        for (var r = 0; r < rows; r++) for (var c = 0; c < columns; c++) result[r, c] = value(r, c);
        return result;
    }
}
