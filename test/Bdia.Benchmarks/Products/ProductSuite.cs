using System.CommandLine;

namespace Bdia.Benchmarks.Products;

/// <summary>
/// What products of float32 matrices reach on one thread: MKL's two ways on AMD, a way of our own, and the processor's limit.
/// </summary>
internal static class ProductSuite
{
    // Tokens of a batch of 64 pictures and of one, by layers of the networks of the other suites; a large square one.
    private static readonly (int Rows, int Inputs, int Outputs)[] shapes =
    [
        (2048, 2048, 2048), (4160, 512, 1536), (4160, 512, 512), (4160, 256, 768), (4160, 512, 256), (4160, 192, 384), (65, 512, 1536),
        (65, 128, 384),
    ];

    public static Contender<ProductSettings, ProductFigures> Contender { get; } =
        new("product-contender", ProductContender.Run, settings => settings.Environment());

    public static Command Command()
    {
        var command = new Command("products",
            "GFLOP/s of float32 products on one thread, per second of processor time: MKL as it is on AMD, MKL with 512 bits, ours.");
        var suite = new SuiteOptions();
        suite.AddTo(command);
        command.SetAction(async parse =>
        {
            ProductSettings[] contenders = [.. from shape in shapes from method in Enum.GetValues<ProductMethod>()
                select new ProductSettings(method, shape.Rows, shape.Inputs, shape.Outputs)];
            var runs = await Contender.RunAllAsync(contenders, parse.GetValue(suite.Repetitions), suite.Open(parse));
            Console.WriteLine($"GFLOP/s of one thread per second of its processor time, medians. {Machine.Describe()}");
            Console.WriteLine();
            Console.WriteLine($"The limit of the core: {Statistics.Median(runs.SelectMany(r => r).Select(r => r.Limit)) / 1e9:F0}");
            Console.WriteLine();
            var table = new MarkdownTable("X Wᵀ", "MKL as it is", "MKL, 512 bits", "ours", "MKL, 512 bits / as it is",
                "ours / MKL, 512 bits");
            foreach (var shape in contenders.Chunk(Enum.GetValues<ProductMethod>().Length))
            {
                var rates = shape.Select(c => Statistics.Median(runs[Array.IndexOf(contenders, c)].Select(r => r.Rate)) / 1e9).ToArray();
                table.Add($"{shape[0].Rows} x {shape[0].Inputs} by {shape[0].Inputs} x {shape[0].Outputs}", $"{rates[0]:F0}",
                    $"{rates[1]:F0}", $"{rates[2]:F0}", $"{rates[1] / rates[0]:F2}", $"{rates[2] / rates[1]:F2}");
            }

            Console.WriteLine(table);
        });
        return command;
    }
}
