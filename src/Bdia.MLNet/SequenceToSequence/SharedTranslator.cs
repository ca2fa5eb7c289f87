using Bdia.Core.Decoding;
using Bdia.Core.SequenceToSequence;
using Bdia.MLNet.Common;

namespace Bdia.MLNet.SequenceToSequence;

/// <summary>A translator that many threads may score with while one disposes it.</summary>
internal sealed class SharedTranslator(Translator translator) : ITextTranslator, IDisposable
{
    private readonly SharedModel<Translator> shared = new(translator, nameof(BdiaSequenceToSequenceTransformer));

    public Translator Translator => shared.Model;

    public int MaxTokens => shared.Model.MaxTokens;

    public int CountTokens(string text)
    {
        using var use = shared.Enter();
        return shared.Model.CountTokens(text);
    }

    public IReadOnlyList<IReadOnlyList<Translation>> Translate(IReadOnlyList<string> texts, DecodingOptions decoding)
    {
        using var use = shared.Enter();
        return shared.Model.Translate(texts, decoding);
    }

    public void Dispose() => shared.Dispose();
}
