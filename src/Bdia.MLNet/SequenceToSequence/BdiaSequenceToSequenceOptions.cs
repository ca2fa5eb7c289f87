using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.Core.Training;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Trainers;

namespace Bdia.MLNet;

public sealed partial class BdiaSequenceToSequenceTrainer
{
    /// <summary>
    /// All that can be chosen about a <see cref="BdiaSequenceToSequenceTrainer"/>. The trainer takes a copy when it is made.
    /// </summary>
    public sealed class Options : BdiaTrainerOptions
    {
        /// <summary>The texts to read. Default "Source".</summary>
        public string SourceColumnName = "Source";

        /// <summary>The texts to write; read in training alone. Default "Target".</summary>
        public string TargetColumnName = "Target";

        /// <summary>Output: the text that the model writes. Default "PredictedText".</summary>
        public string PredictedTextColumnName = "PredictedText";

        /// <summary>Output: its log-probability, normalised by length. Default "Score".</summary>
        public string ScoreColumnName = "Score";

        /// <summary>
        /// Output: whether the model ended the text itself; false where the longest length that <see cref="Decoding"/> allows cut it off.
        /// Default "Finished".
        /// </summary>
        public string FinishedColumnName = "Finished";

        /// <summary>
        /// Output where <see cref="Decoding"/> asks for more than one text: a vector of them, best first. Default "PredictedTexts".
        /// </summary>
        public string PredictedTextsColumnName = "PredictedTexts";

        /// <summary>Output where <see cref="Decoding"/> asks for more than one text: a vector of their scores. Default "Scores".</summary>
        public string ScoresColumnName = "Scores";

        /// <summary>
        /// Output where it has a name: a vector with the log-probability of each token of the text, and of the end token where it was
        /// written, natural logarithms. Null (default) = no such column.
        /// </summary>
        public string? TokenLogProbabilitiesColumnName;

        /// <summary>What tokens are. Default <see cref="TokenLevel.BytePair"/>. Not used where tokenizers are given.</summary>
        public TokenLevel TokenLevel;

        /// <summary>
        /// Most tokens of a trained tokenizer, the 256 bytes included, 257..1,000,000; text that has fewer gives fewer. Default 8000.
        /// </summary>
        public int VocabularySize;

        /// <summary>
        /// Whether a trained tokenizer keeps each digit a token of its own, so that numbers are copied and changed digit by digit. Default
        /// true.
        /// </summary>
        public bool SplitDigits;

        /// <summary>
        /// Texts that a trained tokenizer keeps whole wherever they stand, such as "&lt;sep&gt;". They go through
        /// <see cref="Normalization"/> too. Default none.
        /// </summary>
        public string[] UserDefinedSymbols = [];

        /// <summary>Whether source and target share one tokenizer made from both. Default true.</summary>
        public bool SharedVocabulary;

        /// <summary>
        /// What is done to texts before they are cut into tokens: white space, case, Unicode form. Saved with the model. Null, the default,
        /// collapses white space, and leaves texts to a SentencePiece model, a tokenizer.json or a tiktoken file as they are, since those
        /// say themselves what is done to texts.
        /// </summary>
        public TextNormalization? Normalization;

        /// <summary>
        /// A ready tokenizer for the source; null = made from the training rows, or read from <see cref="SourceTokenizerFile"/>. Default
        /// null.
        /// </summary>
        public ITextTokenizer? SourceTokenizer;

        /// <summary>
        /// A ready tokenizer for the target; null = made from the training rows, or read from <see cref="TargetTokenizerFile"/>. Default
        /// null.
        /// </summary>
        public ITextTokenizer? TargetTokenizer;

        /// <summary>
        /// File of a ready tokenizer for the source: a SentencePiece model, a tokenizer.json of Hugging Face (byte-level BPE), a tiktoken
        /// file (gpt2, r50k_base), or, with <see cref="SourceMergesFile"/>, the vocabulary of a byte-level BPE (vocab.json).
        /// Default null.
        /// </summary>
        public string? SourceTokenizerFile;

        /// <summary>
        /// The merges of a byte-level BPE (merges.txt) whose vocabulary is <see cref="SourceTokenizerFile"/>. Default null.
        /// </summary>
        public string? SourceMergesFile;

        /// <summary>As <see cref="SourceTokenizerFile"/>, for the target. Default null.</summary>
        public string? TargetTokenizerFile;

        /// <summary>As <see cref="SourceMergesFile"/>, for the target. Default null.</summary>
        public string? TargetMergesFile;

        /// <summary>
        /// The network's size, in one word. Default <see cref="EncoderDecoderPreset.Compact"/>, which trains in minutes on two cores.
        /// </summary>
        public EncoderDecoderPreset Preset = EncoderDecoderPreset.Compact;

        /// <summary>Numbers per token; a multiple of <see cref="Heads"/>. Null as in the preset. Default null.</summary>
        public int? Width;

        /// <summary>Blocks of the encoder. Null as in the preset. Default null.</summary>
        public int? EncoderDepth;

        /// <summary>Blocks of the decoder. Null as in the preset. Default null.</summary>
        public int? DecoderDepth;

        /// <summary>Attention heads per block. Null as in the preset. Default null.</summary>
        public int? Heads;

        /// <summary>Hidden numbers per token in the feed-forward part of a block. Null as in the preset. Default null.</summary>
        public int? FeedForwardWidth;

        /// <summary>Share of numbers that is dropped in training, 0..1, below 1. Null as in the preset (0.1). Default null.</summary>
        public double? Dropout;

        /// <summary>
        /// Whether source and target share one embedding; needs vocabularies of one size. Null as in the preset. Default null.
        /// </summary>
        public bool? ShareEmbeddings;

        /// <summary>Whether the output product uses the target embedding's weights. Null as in the preset. Default null.</summary>
        public bool? TieOutput;

        /// <summary>
        /// How the network is told the place of a token. Null as in the preset (<see cref="PositionEncoding.Sinusoidal"/>). Default null.
        /// </summary>
        public PositionEncoding? Positions;

        /// <summary>
        /// Tokens of a training batch at most, padding included, on the side that has more of them, 1..10,000,000; null = as many as make
        /// about 200 batches of an epoch, but 256 to 4096. Default null.
        /// </summary>
        public int? TokensPerBatch;

        /// <summary>
        /// Tokens of the longest text on either side, special ones included, 2..65,536. Null is 256, or the places of
        /// <see cref="InitialWeights"/> that learned fewer. Default null.
        /// </summary>
        public int? MaxTokens;

        /// <summary>What becomes of longer texts, in training and when scoring. Default <see cref="LongTextPolicy.Truncate"/>.</summary>
        public LongTextPolicy LongTexts;

        /// <summary>Epochs from one BLEU of decoded validation text to the next, 0 or more; 0 = never. Default 1.</summary>
        public int BleuEveryEpochs;

        /// <summary>Validation rows that are decoded for it, 1 or more, the first ones. Default 500.</summary>
        public int BleuRows;

        /// <summary>Epochs whose weights are averaged into the model, 1..100; 1 = none. Default 1.</summary>
        public int AverageEpochs;

        /// <summary>Which epochs these are. Default <see cref="WeightAverage.Last"/>.</summary>
        public WeightAverage AverageOf;

        /// <summary>
        /// How text is written, in validation and when scoring: beam, length penalty, longest text (by default fitted to the training
        /// rows), sampling. More than one text (BestCount) adds two columns. Default beam of 4, length penalty 0.6.
        /// </summary>
        public DecodingOptions Decoding = sequenceDefaults.Decoding;

        /// <summary>
        /// What training begins with in place of random weights: a fitted model of this trainer or its file, to go on with new rows or more
        /// epochs. Its tokenizers are kept, and so are its sizes, which may be left unset. Default null.
        /// </summary>
        public InitialWeights? InitialWeights;

        private static readonly SequenceTrainingOptions sequenceDefaults = SequenceDefaults.Sequences;

        /// <summary>The defaults.</summary>
        public Options() : base(SequenceDefaults.Training, sequenceDefaults, sequenceDefaults.Tokenizer)
        {
        }

        /// <summary>The defaults of a recipe, for the time that there is; the log states them. Each may be set otherwise.</summary>
        /// <param name="recipe">Which.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such recipe.</exception>
        public Options(Recipe recipe) : this()
        {
            Recipe = recipe;
            var set = SequenceRecipe.Of(recipe);
            OptionRecords.TakeFrom(this, set.Training, set.Sequences, set.Sequences.Tokenizer);
            (Dropout, ShareEmbeddings) = (set.Dropout, SequenceRecipe.ShareEmbeddings);
        }

        internal Options Copy() => (Options)MemberwiseClone();
    }
}
