using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextClassification;
using Bdia.MLNet.TextClassification;
using Bdia.MLNet.Trainers;

namespace Bdia.MLNet;

public sealed partial class BdiaTextClassificationTrainer
{
    /// <summary>
    /// All that can be chosen about a <see cref="BdiaTextClassificationTrainer"/>. The trainer takes a copy when it is made.
    /// </summary>
    public sealed class Options : BdiaTrainerOptions
    {
        /// <summary>The label: a key with two or more values (MapValueToKey makes one). Default "Label".</summary>
        public string LabelColumnName = "Label";

        /// <summary>The texts, or the first of each pair. Default "Sentence1".</summary>
        public string Sentence1ColumnName = "Sentence1";

        /// <summary>The second texts, where the class is one of a pair; null = single texts. Default null.</summary>
        public string? Sentence2ColumnName;

        /// <summary>Output: the probabilities of all classes. Default "Score".</summary>
        public string ScoreColumnName = "Score";

        /// <summary>Output: the most probable class, a key. Default "PredictedLabel".</summary>
        public string PredictedLabelColumnName = "PredictedLabel";

        /// <summary>Whether the rows held back have the classes in the same proportions as all. Default true.</summary>
        public bool StratifiedValidation;

        /// <summary>
        /// What tokens are. Default <see cref="TokenLevel.Automatic"/>: words, where they recur. Not used where a tokenizer is given.
        /// </summary>
        public TokenLevel TokenLevel;

        /// <summary>
        /// Most tokens of a trained tokenizer, the 256 bytes included, 257..1,000,000; text that has fewer gives fewer. Default 8000.
        /// </summary>
        public int VocabularySize;

        /// <summary>Whether a trained tokenizer keeps each digit a token of its own. Default true.</summary>
        public bool SplitDigits;

        /// <summary>
        /// Texts that a trained tokenizer keeps whole wherever they stand, such as "&lt;sep&gt;". They go through
        /// <see cref="Normalization"/> too. Default none.
        /// </summary>
        public string[] UserDefinedSymbols = [];

        /// <summary>
        /// What is done to texts before they are cut into tokens: white space, case, Unicode form. Saved with the model. Null, the default,
        /// collapses white space and makes letters lower case; a tokenizer from a file gets texts as it expects them: a SentencePiece
        /// model, say, normalises by itself.
        /// </summary>
        public TextNormalization? Normalization;

        /// <summary>
        /// A ready tokenizer; null = made from the training rows, or read from <see cref="TokenizerFile"/>. Default null.
        /// </summary>
        public ITextTokenizer? Tokenizer;

        /// <summary>
        /// File of a ready tokenizer: a SentencePiece model, or, with <see cref="MergesFile"/>, the vocabulary of a byte-level BPE
        /// (vocab.json). Default null.
        /// </summary>
        public string? TokenizerFile;

        /// <summary>
        /// The merges of a byte-level BPE (merges.txt) whose vocabulary is <see cref="TokenizerFile"/>. Default null.
        /// </summary>
        public string? MergesFile;

        /// <summary>
        /// The network's size, in one word. Default <see cref="TextEncoderPreset.Compact"/>, which trains in a minute or a few on two
        /// cores.
        /// </summary>
        public TextEncoderPreset Preset = TextEncoderPreset.Compact;

        /// <summary>Numbers per token; a multiple of <see cref="Heads"/>. Null as in the preset. Default null.</summary>
        public int? Width;

        /// <summary>Number of blocks. Null as in the preset. Default null.</summary>
        public int? Depth;

        /// <summary>Attention heads per block. Null as in the preset. Default null.</summary>
        public int? Heads;

        /// <summary>Hidden numbers per token in the feed-forward part of a block. Null as in the preset. Default null.</summary>
        public int? FeedForwardWidth;

        /// <summary>Share of numbers that is dropped in training, 0..1, below 1. Null as in the preset (0.1). Default null.</summary>
        public double? Dropout;

        /// <summary>
        /// How the network is told the place of a token. Null as in the preset (<see cref="PositionEncoding.Sinusoidal"/>). Default null.
        /// </summary>
        public PositionEncoding? Positions;

        /// <summary>
        /// Share of the tokens of a training row that are left out, others in every epoch, 0..1, below 1; 0 = none. Default 0.3.
        /// </summary>
        public double TokenDropout;

        /// <summary>
        /// Rows per training batch, 1..1,000,000; null chooses 16 to 128 by rows and epochs, so that there are steps enough. Default null.
        /// </summary>
        public int? BatchSize;

        /// <summary>
        /// Tokens of the longest row, end tokens included, of both texts together where there are two; 2..65,536. Null is 256, or the
        /// places of <see cref="InitialWeights"/> that learned fewer. Default null.
        /// </summary>
        public int? MaxTokens;

        /// <summary>
        /// What becomes of longer rows, in training and when scoring. Default <see cref="LongTextPolicy.Truncate"/>; of a pair the longer
        /// text is cut first.
        /// </summary>
        public LongTextPolicy LongTexts;

        /// <summary>
        /// How much a training row of each class counts, in the order of the key's values, each above 0; null = all the same. Default null.
        /// </summary>
        public float[]? ClassWeights;

        /// <summary>
        /// What training begins with in place of random weights: a fitted text classifier or its file, to go on with new rows, more epochs
        /// or other classes (rows of the head are kept for classes of the same name); or a fitted translator, whose encoder has learned to
        /// read the language. Its tokenizer is kept, and so are its sizes, which may be left unset. Default null.
        /// </summary>
        public InitialWeights? InitialWeights;

        private static readonly TextClassificationOptions textDefaults = TextClassificationDefaults.Texts;

        /// <summary>The defaults.</summary>
        public Options() : base(TextClassificationDefaults.Training, textDefaults, textDefaults.TokenizerTraining)
        {
        }

        /// <summary>The defaults of a recipe, for the time that there is; the log states them. Each may be set otherwise.</summary>
        /// <param name="recipe">Which.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such recipe.</exception>
        public Options(Recipe recipe) : this()
        {
            Recipe = recipe;
            var set = TextClassificationRecipe.Of(recipe);
            OptionRecords.TakeFrom(this, set.Training);
            (Preset, Dropout) = (set.Preset, set.Dropout);
        }

        internal Options Copy()
        {
            var copy = (Options)MemberwiseClone();
            copy.ClassWeights = (float[]?)ClassWeights?.Clone();
            return copy;
        }
    }
}
