using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.Core.Training;
using Bdia.MLNet.TextGeneration;
using Bdia.MLNet.Trainers;

namespace Bdia.MLNet;

public sealed partial class BdiaTextGenerationTrainer
{
    /// <summary>
    /// All that can be chosen about a <see cref="BdiaTextGenerationTrainer"/>. The trainer takes a copy when it is made.
    /// </summary>
    public sealed class Options : BdiaTrainerOptions
    {
        /// <summary>The texts to learn from; read in training alone. Default "Text".</summary>
        public string TextColumnName = "Text";

        /// <summary>
        /// What a text is to begin with, when scoring; may be empty. Null (default) = the column named by <see cref="TextColumnName"/>.
        /// </summary>
        public string? PromptColumnName;

        /// <summary>Output: what the model writes behind the prompt. Default "PredictedText".</summary>
        public string PredictedTextColumnName = "PredictedText";

        /// <summary>Output: its log-probability, normalised by length. Default "Score".</summary>
        public string ScoreColumnName = "Score";

        /// <summary>
        /// Output: whether the model ended the text itself, or a stop text did; false where the longest length that
        /// <see cref="Decoding"/> allows cut it off. Default "Finished".
        /// </summary>
        public string FinishedColumnName = "Finished";

        /// <summary>
        /// Output where <see cref="Decoding"/> asks for more than one text: a vector of them, best first. Default "PredictedTexts".
        /// </summary>
        public string PredictedTextsColumnName = "PredictedTexts";

        /// <summary>Output where <see cref="Decoding"/> asks for more than one text: a vector of their scores. Default "Scores".</summary>
        public string ScoresColumnName = "Scores";

        /// <summary>
        /// Output where it has a name: a vector with the log-probability of each token that was written, and of the end token where it was
        /// written, natural logarithms. Null (default) = no such column.
        /// </summary>
        public string? TokenLogProbabilitiesColumnName;

        /// <summary>
        /// Whether all rows together are one text, with a line break between, such as the lines of a book. Default false: each row is a
        /// text by itself, with a beginning and an end.
        /// </summary>
        public bool JoinRows;

        /// <summary>What tokens are. Default <see cref="TokenLevel.BytePair"/>. Not used where a tokenizer is given.</summary>
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
        /// leaves them as they are.
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

        /// <summary>The merges of a byte-level BPE (merges.txt) whose vocabulary is <see cref="TokenizerFile"/>. Default null.</summary>
        public string? MergesFile;

        /// <summary>
        /// The network's size, in one word. Default <see cref="LanguageModelPreset.Compact"/>, which trains in minutes on two cores.
        /// </summary>
        public LanguageModelPreset Preset = LanguageModelPreset.Compact;

        /// <summary>Numbers per token; a multiple of <see cref="Heads"/>. Null as in the preset. Default null.</summary>
        public int? Width;

        /// <summary>Blocks. Null as in the preset. Default null.</summary>
        public int? Depth;

        /// <summary>Attention heads per block. Null as in the preset. Default null.</summary>
        public int? Heads;

        /// <summary>Hidden numbers per token in the feed-forward part of a block. Null as in the preset. Default null.</summary>
        public int? FeedForwardWidth;

        /// <summary>Share of numbers that is dropped in training, 0..1, below 1. Null as in the preset (0.1). Default null.</summary>
        public double? Dropout;

        /// <summary>
        /// Tokens that the network reads at once, 2..65,536: no text, prompt included, gets longer. Longer training texts are cut into
        /// windows of so many tokens, at other places in each epoch. Null is 128, or as many as <see cref="InitialWeights"/> read, where
        /// these are fewer. Default null.
        /// </summary>
        public int? MaxTokens;

        /// <summary>
        /// Tokens of a training batch at most, padding included, 1..10,000,000; null = as many as make about 200 batches of an epoch, but
        /// 256 to 4096. Default null.
        /// </summary>
        public int? TokensPerBatch;

        /// <summary>Epochs whose weights are averaged into the model, 1..100; 1 = none. Default 1.</summary>
        public int AverageEpochs;

        /// <summary>Which epochs these are. Default <see cref="WeightAverage.Last"/>.</summary>
        public WeightAverage AverageOf;

        /// <summary>
        /// How text is written when scoring: sampling, greedy or beam search, longest text (MaxLengthConstant), stop texts and other rules.
        /// More than one text (BestCount) adds two columns. Default sampling with top-p 0.9, 100 tokens at most.
        /// </summary>
        public DecodingOptions Decoding = GenerationDefaults.Generation.Decoding;

        /// <summary>
        /// What training begins with in place of random weights: a fitted model of this trainer or its file, to go on with new rows or more
        /// epochs. Its tokenizer is kept, and so are its sizes, which may be left unset; <see cref="MaxTokens"/> can be no more than its.
        /// Default null.
        /// </summary>
        public InitialWeights? InitialWeights;

        /// <summary>The defaults.</summary>
        public Options() : base(GenerationDefaults.Training, GenerationDefaults.Generation, GenerationDefaults.Tokenizer)
        {
        }

        /// <summary>The defaults of a recipe, for the time that there is; the log states them. Each may be set otherwise.</summary>
        /// <param name="recipe">Which.</param>
        /// <exception cref="ArgumentOutOfRangeException">There is no such recipe.</exception>
        public Options(Recipe recipe) : this()
        {
            Recipe = recipe;
            var set = GenerationRecipe.Of(recipe);
            OptionRecords.TakeFrom(this, set.Training);
            (Preset, Dropout) = (set.Preset, set.Dropout);
        }

        internal Options Copy() => (Options)MemberwiseClone();
    }
}
