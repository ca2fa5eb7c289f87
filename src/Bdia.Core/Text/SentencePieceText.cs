using System.Text;

namespace Bdia.Core.Text;

/// <summary>Joins the pieces of a SentencePiece model to a text, as SentencePiece does.</summary>
internal sealed class SentencePieceText(SentencePieceModel model, SentencePieceVocabulary vocabulary)
{
    private readonly StringBuilder text = new();
    private readonly List<byte> bytes = []; // of pieces that stand for bytes, up to one that does not
    private bool atStart = true, spaceTaken;

    /// <summary>Adds a piece.</summary>
    public void Add(int id)
    {
        if (vocabulary.Pieces[id].Kind == SentencePieceKind.Byte)
        {
            bytes.Add(vocabulary.ByteOf(id));
            return;
        }

        WriteBytes();
        if (spaceTaken || text.Length > 0) atStart = false;
        (var part, spaceTaken) = Part(vocabulary.Pieces[id]);
        text.Append(part);
    }

    /// <summary>Adds normalised text, all of which is known.</summary>
    public void AddText(ReadOnlySpan<byte> normalized)
    {
        (var part, spaceTaken) = Spelled(Encoding.UTF8.GetString(normalized));
        text.Append(part);
    }

    /// <summary>The text of all pieces.</summary>
    public string Finish()
    {
        WriteBytes();
        var result = text.ToString();
        // The space that was added behind the text: SentencePiece leaves it, but it was none of the text's.
        if (model.Normalizer is { AddDummyPrefix: true, SpaceBehind: true } && result.EndsWith(' ')) result = result[..^1];
        return model.Denormalizer.Rules is null ? result
            : Encoding.UTF8.GetString(model.Denormalizer.Normalize(Encoding.UTF8.GetBytes(result)));
    }

    private (string Part, bool SpaceTaken) Part(SentencePiece piece)
    {
        if (piece.Kind == SentencePieceKind.Control) return ("", false);
        if (piece.Kind == SentencePieceKind.Unknown) return (model.UnknownText, false);
        return Spelled(piece.ToString());
    }

    private (string Part, bool SpaceTaken) Spelled(string part)
    {
        var take = atStart && (model.Normalizer.AddDummyPrefix || model.Normalizer.RemoveExtraSpaces) && part.StartsWith('\u2581');
        // Where extra spaces are removed, all that stand at the start are.
        return ((take ? part[1..] : part).Replace('\u2581', ' '), take && !model.Normalizer.RemoveExtraSpaces);
    }

    private void WriteBytes()
    {
        Utf8.AppendTo(text, System.Runtime.InteropServices.CollectionsMarshal.AsSpan(bytes));
        bytes.Clear();
    }
}
