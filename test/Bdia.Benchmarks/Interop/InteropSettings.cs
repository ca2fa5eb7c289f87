using System.Text.Json.Serialization;
using Bdia.Core.Models;
using Bdia.Core.Native;

namespace Bdia.Benchmarks.Interop;

/// <summary>What scores, or writes.</summary>
internal enum InteropMethod
{
    /// <summary>Transform of ours, read row by row.</summary>
    Transform,

    /// <summary>ML.NET's ApplyOnnxModel on the exported file, read row by row: one row a run.</summary>
    ApplyOnnxModel,

    /// <summary>A session of ONNX Runtime with the same batch, over pixels that lie ready.</summary>
    Session,

    /// <summary>PredictionEngine of ours.</summary>
    PredictionEngine,

    /// <summary>A session of ONNX Runtime, picture by picture.</summary>
    SingleSession,
}

/// <summary>One contender that scores pictures of 32x32 in patches of 4 with a network of random weights.</summary>
/// <param name="Method">How.</param>
/// <param name="Preset">The network.</param>
/// <param name="Rows">Pictures.</param>
/// <param name="Batch">Rows that are scored together, where there are several.</param>
/// <param name="Threads">Of libtorch and of our kernels, or of ONNX Runtime.</param>
/// <param name="Narrow">Whether MKL's products are those that libtorch takes by itself: with 256-bit registers on AMD.</param>
internal sealed record InteropSettings(InteropMethod Method, VisionTransformerPreset Preset, int Rows, int Batch, int Threads,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)] bool Narrow = false)
{
    /// <summary>The variables of its process.</summary>
    public IEnumerable<(string Name, string Value)> Environment() => Narrow ? [(WideProducts.Variable, "0")] : [];

    public override string ToString() => $"{Preset}, {Method}, batch {Batch}, {Threads} threads" + (Narrow ? ", narrow products" : "");
}

/// <summary>What one process measured.</summary>
/// <param name="RowsPerSecond">The best of some passes over all rows.</param>
internal sealed record InteropFigures(double RowsPerSecond);

/// <summary>One contender that writes texts: a batch of them, greedily, each as long as it may be, tokenizer and encoder
/// included.</summary>
/// <param name="Sample">Whether it is the program that knows ONNX Runtime alone, or else the translator of ours.</param>
/// <param name="Preset">The network.</param>
/// <param name="Tokens">Of each output.</param>
/// <param name="Batch">Texts written together.</param>
/// <param name="Threads">Of libtorch and of our kernels, or of ONNX Runtime.</param>
/// <param name="Calls">Timed calls.</param>
internal sealed record InteropTextSettings(bool Sample, EncoderDecoderPreset Preset, int Tokens, int Batch, int Threads, int Calls)
{
    public override string ToString() => $"{Preset}, {(Sample ? "ONNX sample" : "Translator")}, greedy, batch {Batch}, {Threads} threads";
}

/// <summary>What one process measured.</summary>
/// <param name="TokensPerSecond">Of a call whose time is the median.</param>
internal sealed record InteropTextFigures(double TokensPerSecond);
