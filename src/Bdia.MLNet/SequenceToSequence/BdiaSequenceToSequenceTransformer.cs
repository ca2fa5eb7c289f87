using Bdia.Core.Decoding;
using Bdia.Core.Models;
using Bdia.Core.Onnx;
using Bdia.Core.SequenceToSequence;
using Bdia.Core.Text;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.SequenceToSequence;
using Bdia.MLNet.Texts;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// A trained translator as an ML.NET transformer. It adds the columns PredictedText, Score and Finished, and two more where
/// <see cref="Decoding"/> asks for more than one text, and decodes a batch of rows together. Threads may share it.
/// </summary>
/// <remarks>
/// The rows beside a row in a batch change its score by float rounding alone (less than 1e-4), and its text only where two candidates are
/// that close.
/// </remarks>
public sealed class BdiaSequenceToSequenceTransformer : BdiaTransformer, IReadsTexts
{
    private readonly SharedTranslator translator;
    private TextBatchModel batchModel;

    internal BdiaSequenceToSequenceTransformer(
        IChannelProvider log, Translator translator, TextColumns columns, DecodingOptions decoding,
            LongTextPolicy longTexts, int scoringBatchSize)
        : base(scoringBatchSize)
    {
        this.translator = new SharedTranslator(translator);
        batchModel = new TextBatchModel(SequenceToSequenceFormat.Kind, log, this.translator, columns, decoding, longTexts);
    }

    /// <summary>
    /// The network with its tokenizers, and, unless it was loaded, the history of its training. Disposed with this transformer.
    /// </summary>
    public Translator Model => translator.Translator;

    /// <summary>Name of the column that holds the texts to read.</summary>
    public string SourceColumnName => Columns.Source;

    /// <summary>
    /// How texts are written. More than one text per row (BestCount) adds the columns PredictedTexts and Scores. It holds for views and
    /// prediction engines that are made after it is set.
    /// </summary>
    /// <exception cref="ArgumentNullException">The value is null.</exception>
    /// <exception cref="ArgumentException">The value has options that are out of range; the message lists all of them.</exception>
    public DecodingOptions Decoding
    {
        get => batchModel.Decoding;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            value.Validate();
            batchModel = batchModel with { Decoding = value };
        }
    }

    /// <summary>
    /// What becomes of texts with more tokens than the model reads. It holds for views and prediction engines that are made after it is
    /// set.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">The value is none of the enumeration.</exception>
    public LongTextPolicy LongTexts
    {
        get => batchModel.LongTexts;
        set => batchModel = batchModel with
        {
            LongTexts = Enum.IsDefined(value) ? value
                : throw new ArgumentOutOfRangeException(nameof(value), value, "LongTexts must be Truncate or Throw."),
        };
    }

    /// <summary>
    /// Writes the network as <c>encoder.onnx</c> and <c>decoder.onnx</c>, and beside them <c>translator.json</c>: ids, tokenizers, bounds
    /// and
    /// <see cref="Decoding"/>, which is all that another program needs to translate with ONNX Runtime.
    /// </summary>
    /// <remarks>Logits equal the model's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range, or a tokenizer is of a class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or a file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null) => translator.SaveOnnx(folder, options, Decoding, LongTexts);

    /// <summary>Writes the three to streams, which stay open.</summary>
    /// <param name="encoder">For encoder.onnx.</param>
    /// <param name="decoder">For decoder.onnx.</param>
    /// <param name="description">For translator.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions)"/>
    public void SaveOnnx(Stream encoder, Stream decoder, Stream description, OnnxOptions? options = null)
        => translator.SaveOnnx(encoder, decoder, description, options, Decoding, LongTexts);

    TorchSharp.torch.nn.Module IReadsTexts.Network => Model.Model;

    ITextTokenizer IReadsTexts.ReadTokenizer => Model.SourceTokenizer;

    internal TextColumns Columns => batchModel.Columns;

    private protected override IBatchModel BatchModel => batchModel;

    private protected override void Save(ModelArchiveWriter archive) => SequenceToSequenceFormat.Save(this, archive);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            translator.Dispose();
    }
}
