using Microsoft.ML.Tokenizers;

namespace Bdia.Core.Text;

/// <summary>
/// Byte-level byte-pair encoding: merging is BpeTokenizer's, decoding ours (its own passes over ids that it does not know).
/// </summary>
internal sealed class BytePairTextTokenizer : ITextTokenizer, ISpelledTokenizer
{
    private readonly BpeTokenizer merger;
    private readonly TokenBytes bytes;

    /// <param name="model">A model without faults.</param>
    public BytePairTextTokenizer(BytePairModel model, TextNormalization normalization)
    {
        Model = model;
        Normalization = normalization;
        bytes = new TokenBytes(model.Tokens);
        merger = BpeTokenizer.Create(new BpeOptions(model.Tokens.Select((token, id) => KeyValuePair.Create(token, id)))
        {
            Merges = model.Merges.Select(pair => $"{pair.Left} {pair.Right}"),
            ByteLevel = true,
            PreTokenizer = WordSplitter.PreTokenizer(model.Words),
        });
    }

    public BytePairModel Model { get; }

    public TextNormalization Normalization { get; }

    public int Size => bytes.Count;

    public TokenSpelling? Spelling => new(Model.Tokens.Select(ByteAlphabet.Read));

    public string Normalize(string text) => Normalization.Apply(text);

    public IReadOnlyList<int> Encode(string text) => EncodeNormalized(Normalization.Apply(text));

    /// <summary>The ids of a text that is normalised already.</summary>
    public IReadOnlyList<int> EncodeNormalized(string text) => merger.EncodeToIds(text, considerNormalization: false);

    public string Decode(IEnumerable<int> ids) => bytes.Decode(ids);
}
