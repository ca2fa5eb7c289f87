using System.Diagnostics.CodeAnalysis;

namespace Bdia.Core.Text;

/// <summary>Makes, saves and loads tokenizers.</summary>
public static class TextTokenizer
{
    /// <summary>
    /// The regular expression by which <see cref="Train"/>'s tokenizers cut text into words, which tokens never cross. GPT-2's, except that
    /// marks (accents, vowel signs) stay with their letter and that words are cut after 256 characters.
    /// </summary>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public const string WordPattern = WordSplitter.TrainedPattern;

    /// <summary>
    /// The regular expression by which <see cref="Train"/>'s tokenizers with <see cref="TokenizerOptions.SplitDigits"/> cut text into
    /// words: as <see cref="WordPattern"/>, with each digit a word.
    /// </summary>
    [StringSyntax(StringSyntaxAttribute.Regex)]
    public const string SplitDigitsWordPattern = WordSplitter.SplitDigitsPattern;

    /// <summary>Trains a tokenizer. Lines are read once; memory grows with the number of distinct words, not of lines.</summary>
    /// <remarks>
    /// The same lines, in any order, give the same tokenizer. What occurs once becomes no token. Byte-pair encoding of 58,000 captions
    /// (21,000 distinct words) takes about a second and 35 MB; each further distinct word of eight letters about 0.7 KB. The first 256
    /// tokens are the bytes in order.
    /// </remarks>
    /// <param name="lines">Training text; null counts as an empty line.</param>
    /// <param name="options">What to make of it.</param>
    /// <param name="cancellation">Ends training early, with an exception.</param>
    /// <exception cref="ArgumentException">An option is out of range, or no line holds any text.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellation"/> asked for it.</exception>
    public static ITextTokenizer Train(IEnumerable<string> lines, TokenizerOptions options, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return TokenizerTrainer.Train(lines, options, cancellation);
    }

    /// <summary>
    /// A byte-level BPE tokenizer from files such as GPT-2's: vocab.json and merges.txt. The files are not needed afterwards.
    /// </summary>
    /// <remarks>
    /// Text is cut into words as GPT-2 does it, or, where the first line of <paramref name="mergesFile"/> says that
    /// <see cref="ExportBytePair"/> wrote it, by <see cref="WordPattern"/> or <see cref="SplitDigitsWordPattern"/>.
    /// </remarks>
    /// <param name="vocabularyFile">A JSON object of tokens and their ids, in the byte-level alphabet.</param>
    /// <param name="mergesFile">A line for each merge: two tokens with a space between.</param>
    /// <param name="normalization">What is done to texts first; null = the default.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The normalisation needs Unicode forms, which this runtime does not know.</exception>
    /// <exception cref="InvalidDataException">The files are damaged, or no byte-level vocabulary and its merges.</exception>
    public static ITextTokenizer FromBytePairFiles(string vocabularyFile, string mergesFile, TextNormalization? normalization = null) =>
        new BytePairTextTokenizer(BytePairFiles.Read(vocabularyFile, mergesFile), Usable(normalization));

    /// <summary>A SentencePiece model of any type: unigram, BPE, word or char. The file is not needed afterwards.</summary>
    /// <remarks>
    /// Ids and texts are those of SentencePiece itself (spm_encode and spm_decode 0.1.97), its normalisation included. What its pieces lack
    /// is written in bytes if the model was trained with byte_fallback; otherwise it is lost, a run of it is one unknown piece, and comes
    /// back as the model's sign for that, " \u2047 " by default. A space that the model adds behind texts (treat_whitespace_as_suffix) is
    /// taken away again.
    /// </remarks>
    /// <param name="modelFile">A file that SentencePiece wrote, usually *.model.</param>
    /// <param name="normalization">What is done to texts before the model's own normalisation; null, the default = nothing.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The normalisation needs Unicode forms, which this runtime does not know.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or no SentencePiece model.</exception>
    public static ITextTokenizer FromSentencePiece(string modelFile, TextNormalization? normalization = null)
    {
        var content = TokenizerFile.ReadAll(modelFile, nameof(modelFile));
        try
        {
            return new SentencePieceTextTokenizer(content, AsItIs(normalization));
        }
        catch (InvalidDataException) when (TokenizerFile.LooksLikeJson(content))
        {
            throw new InvalidDataException(
                $"'{modelFile}' is JSON and no SentencePiece model. The vocabulary of a byte-level BPE (vocab.json) needs its merges "
                    + "(merges.txt) beside it: "
                + "give both, as SourceTokenizerFile and SourceMergesFile or to FromBytePairFiles. A tokenizer.json of Hugging Face is "
                    + "read by FromHuggingFace.");
        }
        catch (InvalidDataException fault)
        {
            throw new InvalidDataException(
                $"'{modelFile}' is no SentencePiece model that can be used. {fault.Message}; give a *.model file as SentencePiece wrote "
                + "it.", fault);
        }
    }

    /// <summary>A tokenizer.json of Hugging Face whose kind is byte-level BPE (GPT-2's). The file is not needed afterwards.</summary>
    /// <remarks>
    /// Ids are those of Hugging Face's tokenizers without special tokens added (the network has its own). Added tokens stay whole wherever
    /// a text has them. Runs of more than 1,000 letters, numbers or signs are cut. Of other kinds (Unigram, WordPiece, byte_fallback,
    /// ignore_merges, other normalisers and ways to cut words) the file is refused, with the names of what it asks for.
    /// </remarks>
    /// <param name="file">A tokenizer.json.</param>
    /// <param name="normalization">What is done to texts first; null, the default = nothing. The file's Unicode form takes the place of its
    /// own.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The normalisation needs Unicode forms, which this runtime does not know.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or of a kind that is not read.</exception>
    public static ITextTokenizer FromHuggingFace(string file, TextNormalization? normalization = null)
    {
        var (model, form, added) = HuggingFaceFile.Read(file, TokenizerFile.ReadAll(file, nameof(file)));
        normalization = AsItIs(normalization);
        var rest = new BytePairTextTokenizer(model, form is null ? normalization : Usable(normalization with { Form = form }));
        return added.Count == 0 ? rest : new AddedTokenTextTokenizer(rest, added);
    }

    /// <summary>A file of tiktoken that cuts words as GPT-2 does. The file is not needed afterwards.</summary>
    /// <remarks>
    /// Ids are those of tiktoken's encode_ordinary. The file does not say how text is cut into words: that is known of gpt2 and r50k_base
    /// by the file's name. Runs of more than 1,000 letters, numbers or signs are cut.
    /// </remarks>
    /// <param name="file">gpt2.tiktoken or r50k_base.tiktoken.</param>
    /// <param name="normalization">What is done to texts first; null, the default = nothing.</param>
    /// <exception cref="FileNotFoundException">The file is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The normalisation needs Unicode forms, which this runtime does not know.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or of another name.</exception>
    public static ITextTokenizer FromTiktoken(string file, TextNormalization? normalization = null)
        => new BytePairTextTokenizer(TiktokenFile.Read(file, TokenizerFile.ReadAll(file, nameof(file))), AsItIs(normalization));

    /// <summary>A tokenizer from a file of any kind that is read here; its content tells which.</summary>
    /// <param name="file">A SentencePiece model, a tokenizer.json of Hugging Face, a tiktoken file, or, with
    /// <paramref name="mergesFile"/>, a vocab.json.</param>
    /// <param name="mergesFile">The merges.txt that belongs to a vocab.json; otherwise null.</param>
    /// <param name="normalization">What is done to texts first; null = the default of that kind.</param>
    /// <exception cref="FileNotFoundException">A file is missing.</exception>
    /// <exception cref="PlatformNotSupportedException">The normalisation needs Unicode forms, which this runtime does not know.</exception>
    /// <exception cref="InvalidDataException">The file is damaged, or of a kind that is not read.</exception>
    public static ITextTokenizer FromFile(string file, string? mergesFile = null, TextNormalization? normalization = null)
    {
        if (mergesFile is not null) return FromBytePairFiles(file, mergesFile, normalization);
        var content = TokenizerFile.ReadAll(file, nameof(file));
        return HuggingFaceFile.LooksLikeOne(content) ? FromHuggingFace(file, normalization)
            : TiktokenFile.LooksLikeOne(content) ? FromTiktoken(file, normalization)
            : FromSentencePiece(file, normalization);
    }

    /// <summary>Writes a tokenizer, with all it needs; <see cref="Load"/> gives one with the same ids.</summary>
    /// <param name="tokenizer">A tokenizer made here.</param>
    /// <param name="stream">Where to; it stays open.</param>
    /// <exception cref="ArgumentException">The tokenizer is of a class that this one does not know.</exception>
    public static void Save(ITextTokenizer tokenizer, Stream stream)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        ArgumentNullException.ThrowIfNull(stream);
        TokenizerDocument.Write(tokenizer, stream);
    }

    /// <summary>Reads what <see cref="Save"/> wrote.</summary>
    /// <param name="stream">Where from; it stays open, behind the last byte of the tokenizer.</param>
    /// <exception cref="InvalidDataException">It is damaged, foreign, or of a newer version.</exception>
    /// <exception cref="PlatformNotSupportedException">Its normalisation needs Unicode forms, which this runtime does not know.</exception>
    public static ITextTokenizer Load(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        return TokenizerDocument.Read(stream);
    }

    /// <summary>Writes vocab.json and merges.txt, which Microsoft.ML.Tokenizers' BpeTokenizer and others read.</summary>
    /// <remarks>
    /// BpeTokenizer gives the same ids for a text that <see cref="TextNormalization.Apply"/> has seen, when made so:
    /// <code>
    /// BpeTokenizer.Create(new BpeOptions(vocabularyFile, mergesFile)
    /// {
    ///     ByteLevel = true,
    ///     PreTokenizer = new RegexPreTokenizer(new Regex(TextTokenizer.SplitDigitsWordPattern), null), // WordPattern without SplitDigits
    /// });
    /// </code>
    /// Instead of the pattern, RobertaPreTokenizer.Instance (GPT-2's) will do for texts without combining marks and words of more than 256
    /// characters.
    /// </remarks>
    /// <param name="tokenizer">A byte-pair tokenizer made here.</param>
    /// <exception cref="ArgumentException">It is another kind of tokenizer.</exception>
    public static void ExportBytePair(ITextTokenizer tokenizer, string vocabularyFile, string mergesFile)
    {
        ArgumentNullException.ThrowIfNull(tokenizer);
        if (tokenizer is SymbolTextTokenizer or AddedTokenTextTokenizer)
            throw new ArgumentException("The tokenizer has user-defined symbols or added tokens, which these files cannot hold; "
                + "export one that has none.", nameof(tokenizer));
        if (tokenizer is not BytePairTextTokenizer bytePair)
            throw new ArgumentException("The tokenizer is no byte-pair tokenizer of this library; only those have merges to write.",
                nameof(tokenizer));
        BytePairFiles.Write(bytePair.Model, vocabularyFile, mergesFile);
    }

    // Files that say themselves what is done to texts.
    private static TextNormalization AsItIs(TextNormalization? normalization)
        => Usable(normalization ?? new TextNormalization { CollapseWhiteSpace = false });

    private static TextNormalization Usable(TextNormalization? normalization)
    {
        normalization ??= new TextNormalization();
        normalization.ThrowIfUnusable();
        return normalization;
    }
}
