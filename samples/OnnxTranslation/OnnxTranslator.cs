namespace Bdia.Samples.OnnxTranslation;

/// <summary>Translates with what a model's SaveOnnx wrote: two networks, and translator.json, which says how.</summary>
internal sealed class OnnxTranslator : IDisposable
{
    private readonly Description description;
    private readonly Network network;
    private readonly Tokenizer source;
    private readonly Tokenizer target;

    private OnnxTranslator(Description description, Network network)
    {
        (this.description, this.network) = (description, network);
        source = new Tokenizer(description.SourceTokenizer);
        target = description.TargetTokenizer is null ? source : new Tokenizer(description.TargetTokenizer);
    }

    /// <summary>Opens a folder.</summary>
    /// <param name="folder">With encoder.onnx, decoder.onnx and translator.json.</param>
    /// <param name="threads">Of ONNX Runtime; 0: as many as it likes.</param>
    /// <exception cref="InvalidDataException">A file is damaged, or of a newer version.</exception>
    /// <exception cref="NotSupportedException">The model has a tokenizer or a way to write that this program has not.</exception>
    public static OnnxTranslator Open(string folder, int threads = 0)
    {
        var description = Description.Read(Path.Combine(folder, "translator.json"));
        description.Decoding.RequireSearch();
        var network = new Network(folder, description.Network, threads);
        try
        {
            return new OnnxTranslator(description, network);
        }
        catch
        {
            network.Dispose();
            throw;
        }
    }

    /// <summary>Tokens that were written so far, end tokens counted.</summary>
    public long TokensWritten { get; private set; }

    /// <summary>Translates texts together.</summary>
    /// <param name="texts">Any texts.</param>
    /// <param name="beam">How many hypotheses are followed, 1 for greedy; null: as many as the model's own decoding does.</param>
    public IReadOnlyList<string> Translate(IReadOnlyList<string> texts, int? beam = null)
    {
        var results = new string[texts.Count];
        var sources = new List<(int Place, int[] Ids)>();
        for (var i = 0; i < texts.Count; i++)
        {
            if (Ids(texts[i]) is { Length: > 1 } ids) sources.Add((i, ids));
            else results[i] = ""; // nothing but the end token
        }

        if (sources.Count == 0) return results;
        var found = Search([.. sources.Select(one => one.Ids)], beam ?? description.Decoding.BeamSize);
        for (var i = 0; i < found.Length; i++)
            results[sources[i].Place] = target.Decode(found[i].Select(id => id - description.Ids.FirstToken));
        return results;
    }

    public void Dispose() => network.Dispose();

    private IReadOnlyList<int>[] Search(IReadOnlyList<int[]> sources, int size)
    {
        var length = sources.Max(ids => ids.Length);
        var padded = new long[sources.Count * length];
        Array.Fill(padded, description.Ids.Padding);
        for (var row = 0; row < sources.Count; row++)
            for (var i = 0; i < sources[row].Length; i++) padded[row * length + i] = sources[row][i];

        using var state = network.Begin(padded, sources.Count);
        var beams = sources.Select((ids, row) => new Beam(description.Decoding, description.Ids, size,
            Math.Min(description.Bounds.Output, description.Decoding.LongestOutput(ids.Length)), row)).ToArray();
        var tokens = new long[sources.Count];
        Array.Fill(tokens, description.Ids.Start);
        while (true)
        {
            var next = new List<Hypothesis>();
            TokensWritten += beams.Count(beam => beam.IsLive);
            state.Next(tokens, logits =>
            {
                foreach (var beam in beams)
                    if (beam.IsLive) next.AddRange(beam.Advance(logits, description.Network.TargetVocabulary, next.Count));
            });
            if (next.Count == 0) return Array.ConvertAll(beams, beam => beam.Result);
            state.Select([.. next.Select(hypothesis => hypothesis.Row)]);
            tokens = [.. next.Select(hypothesis => (long)hypothesis.Ids[^1])];
        }
    }

    // Ids of the network, the end token behind them; what is too long loses its end.
    private int[] Ids(string text)
    {
        var (ids, longest) = (description.Ids, description.Bounds.Source);
        int[] all = [.. source.Encode(text).Select(token => token + ids.FirstToken), ids.End];
        if (all.Length <= longest) return all;
        if (description.Bounds.LongTexts == "Throw")
            throw new ArgumentException($"A text has {all.Length} tokens; the model reads {longest}, and refuses longer ones: '{text}'.");
        return [.. all[..(longest - 1)], ids.End];
    }
}
