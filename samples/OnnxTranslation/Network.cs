using Microsoft.ML.OnnxRuntime;

namespace Bdia.Samples.OnnxTranslation;

/// <summary>Encoder and decoder of a model in ONNX Runtime.</summary>
internal sealed class Network : IDisposable
{
    private static readonly string[] ids = ["ids"];

    private readonly InferenceSession encoder;
    private readonly InferenceSession decoder;
    private readonly RunOptions run = new();
    private readonly NetworkSizes sizes;
    private readonly string[] memory;
    private readonly string[] inputs;
    private readonly string[] outputs;

    /// <param name="folder">With encoder.onnx and decoder.onnx.</param>
    /// <param name="sizes">Of the decoder.</param>
    /// <param name="threads">Of ONNX Runtime; 0: as many as it likes.</param>
    public Network(string folder, NetworkSizes sizes, int threads)
    {
        this.sizes = sizes;
        using var options = new SessionOptions { IntraOpNumThreads = threads };
        encoder = new InferenceSession(Path.Combine(folder, "encoder.onnx"), options);
        decoder = new InferenceSession(Path.Combine(folder, "decoder.onnx"), options);
        memory = Named("memory");
        inputs = ["ids", "source", .. memory, .. Named("past")];
        outputs = ["logits", .. Named("present")];
    }

    private string[] Named(string what)
        => [.. Enumerable.Range(0, sizes.DecoderBlocks).SelectMany(k => new[] { $"{what}.{k}.key", $"{what}.{k}.value" })];

    /// <summary>Reads sources.</summary>
    /// <param name="sources">Ids (rows, length), padded.</param>
    /// <param name="rows">How many.</param>
    public State Begin(long[] sources, int rows)
    {
        var length = sources.Length / rows;
        using var given = OrtValue.CreateTensorValueFromMemory(sources, [rows, length]);
        var read = encoder.Run(run, ids, [given], memory);
        var past = memory.Select(_ => OrtValue.CreateTensorValueFromMemory(Array.Empty<float>(), [rows, sizes.Heads, 0, sizes.HeadSize]));
        return new State(this, sources, length, [.. read], [.. past], rows);
    }

    public void Dispose()
    {
        run.Dispose();
        encoder.Dispose();
        decoder.Dispose();
    }

    /// <summary>What is known of the rows that are being written.</summary>
    public sealed class State(Network network, long[] sources, int length, OrtValue[] memory, OrtValue[] past, int rows) : IDisposable
    {
        private int[] origins = [.. Enumerable.Range(0, rows)]; // which source each row is of

        /// <summary>Rows.</summary>
        public int Rows { get; private set; } = rows;

        /// <summary>Writes a token of each row, and hands over the logits of the next, (rows, vocabulary).</summary>
        public void Next(long[] tokens, Action<ReadOnlySpan<float>> read)
        {
            using var ids = OrtValue.CreateTensorValueFromMemory(tokens, [Rows, 1]);
            using var source = OrtValue.CreateTensorValueFromMemory(sources, [Rows, length]);
            var results = network.decoder.Run(network.run, network.inputs, [ids, source, .. memory, .. past], network.outputs);
            foreach (var value in past) value.Dispose();
            past = [.. results.Skip(1)];
            using var logits = results[0];
            read(logits.GetTensorDataAsSpan<float>());
        }

        /// <summary>Makes row i what row chosen[i] was.</summary>
        public void Select(int[] chosen)
        {
            if (chosen.Length == Rows && chosen.Select((row, i) => row == i).All(same => same)) return;
            past = Array.ConvertAll(past, value => Selected(value, chosen));
            var before = origins;
            origins = Array.ConvertAll(chosen, row => before[row]);
            // Hypotheses of one source change places most of the time: what was read of it stays.
            if (!origins.SequenceEqual(before))
            {
                memory = Array.ConvertAll(memory, value => Selected(value, chosen));
                sources = [.. chosen.SelectMany(row => sources.Skip(row * length).Take(length))];
            }

            Rows = chosen.Length;
        }

        private static OrtValue Selected(OrtValue value, int[] chosen)
        {
            using (value)
            {
                var shape = value.GetTensorTypeAndShape().Shape;
                var data = value.GetTensorDataAsSpan<float>();
                var size = data.Length / (int)shape[0];
                var selected = new float[chosen.Length * size];
                for (var i = 0; i < chosen.Length; i++) data.Slice(chosen[i] * size, size).CopyTo(selected.AsSpan(i * size));
                shape[0] = chosen.Length;
                return OrtValue.CreateTensorValueFromMemory(selected, shape);
            }
        }

        public void Dispose()
        {
            foreach (var value in memory.Concat(past)) value.Dispose();
        }
    }
}
