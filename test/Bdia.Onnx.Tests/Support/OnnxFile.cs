using Microsoft.ML.OnnxRuntime;

namespace Bdia.Onnx.Tests.Support;

/// <summary>An exported network in ONNX Runtime.</summary>
internal sealed class OnnxFile : IDisposable
{
    /// <summary>The file of whatever <paramref name="save"/> writes.</summary>
    public OnnxFile(Action<Stream> save)
    {
        using var stream = new MemoryStream();
        save(stream);
        Bytes = stream.ToArray();
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        Session = new InferenceSession(Bytes, options);
    }

    public byte[] Bytes { get; }

    public InferenceSession Session { get; }

    /// <summary>One output of a single input of numbers.</summary>
    public float[] Run(string input, float[] values, long[] shape, string output)
    {
        using var given = OrtValue.CreateTensorValueFromMemory(values, shape);
        using var options = new RunOptions();
        using var results = Session.Run(options, [input], [given], [output]);
        return results[0].GetTensorDataAsSpan<float>().ToArray();
    }

    public void Dispose() => Session.Dispose();
}
