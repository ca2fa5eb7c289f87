namespace Bdia.Core.Text;

/// <summary>Makes, saves and loads tokenizers.</summary>
public static class TextTokenizer
{
    /// <summary>Trains a tokenizer. Lines are read once; memory grows with the number of distinct words, not of lines.</summary>
    public static ITextTokenizer Train(IEnumerable<string> lines, TokenizerOptions options, CancellationToken cancellation = default) => throw new NotImplementedException();

    /// <summary>A byte-level BPE tokenizer from files such as GPT-2's: vocab.json and merges.txt.</summary>
    public static ITextTokenizer FromBytePairFiles(string vocabularyFile, string mergesFile, TextNormalization? normalization = null) => throw new NotImplementedException();

    /// <summary>A SentencePiece model that Microsoft.ML.Tokenizers reads.</summary>
    public static ITextTokenizer FromSentencePiece(string modelFile, TextNormalization? normalization = null) => throw new NotImplementedException();

    /// <summary>Writes a tokenizer; <see cref="Load"/> gives one with the same ids.</summary>
    public static void Save(ITextTokenizer tokenizer, Stream stream) => throw new NotImplementedException();

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InvalidDataException">It is damaged, foreign, or of a newer version.</exception>
    public static ITextTokenizer Load(Stream stream) => throw new NotImplementedException();

    /// <summary>Writes vocab.json and merges.txt, which Microsoft.ML.Tokenizers' BpeTokenizer and others read.</summary>
    public static void ExportBytePair(ITextTokenizer tokenizer, string vocabularyFile, string mergesFile) => throw new NotImplementedException();
}
