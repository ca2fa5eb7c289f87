using Bdia.Core.Decoding;
using Bdia.Core.Onnx;
using Bdia.Core.Text;
using Bdia.Core.TextGeneration;
using Bdia.MLNet.Internals;
using Bdia.MLNet.Scoring;
using Bdia.MLNet.TextGeneration;
using Bdia.MLNet.Texts;
using Microsoft.ML;
using Microsoft.ML.Runtime;

namespace Bdia.MLNet;

/// <summary>
/// A trained generator as an ML.NET transformer. It adds the columns PredictedText, Score and Finished, and two more where
/// <see cref="Decoding"/> asks for more than one text, and writes for a batch of rows together. Threads may share it.
/// </summary>
/// <remarks>
/// The rows beside a row in a batch change its score by float rounding alone (less than 1e-4), and its text only where two candidates are
/// that close. Draws depend on the seed and the prompt alone: equal prompts get equal texts, until Decoding has another Seed.
/// </remarks>
public sealed class BdiaTextGenerationTransformer : BdiaTransformer, IReadsTexts
{
    private readonly SharedGenerator generator;
    private TextBatchModel batchModel;

    internal BdiaTextGenerationTransformer(
        IChannelProvider log, TextGenerator generator, TextColumns columns, DecodingOptions decoding, int scoringBatchSize)
        : base(scoringBatchSize)
    {
        this.generator = new SharedGenerator(generator);
        batchModel = new TextBatchModel(TextGenerationFormat.Kind, log, this.generator, columns, decoding, LongTextPolicy.Truncate)
        {
            Fate = "gone on with from its last tokens",
        };
    }

    /// <summary>
    /// The network with its tokenizer, and, unless it was loaded, the history of its training. Disposed with this transformer.
    /// </summary>
    public TextGenerator Model => generator.Generator;

    /// <summary>Name of the column that holds what texts are to begin with.</summary>
    public string PromptColumnName => Columns.Source;

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
    /// Writes the network as <c>decoder.onnx</c>, one step that is run for each token, and beside it <c>generator.json</c>: ids,
    /// tokenizer, bounds and <see cref="Decoding"/>, which is all that another program needs to go on with texts with ONNX Runtime.
    /// </summary>
    /// <remarks>Logits equal the model's up to rounding, which the grid of the states may turn into a grid step.</remarks>
    /// <param name="folder">Where to; made where it is not there. Each file is written whole or not at all, an earlier one
    /// replaced.</param>
    /// <param name="options">Operators and weights; null for the defaults.</param>
    /// <exception cref="ArgumentException">Options are out of range, or the tokenizer is of a class of somebody else's.</exception>
    /// <exception cref="NotSupportedException">The network has a part without an ONNX form, or the file would have more than 2 GB; nothing
    /// was written.</exception>
    /// <exception cref="ObjectDisposedException">The model was disposed.</exception>
    public void SaveOnnx(string folder, OnnxOptions? options = null) => generator.SaveOnnx(folder, options, Decoding);

    /// <summary>Writes the two to streams, which stay open.</summary>
    /// <param name="decoder">For decoder.onnx.</param>
    /// <param name="description">For generator.json.</param>
    /// <inheritdoc cref="SaveOnnx(string, OnnxOptions)"/>
    public void SaveOnnx(Stream decoder, Stream description, OnnxOptions? options = null)
        => generator.SaveOnnx(decoder, description, options, Decoding);

    TorchSharp.torch.nn.Module IReadsTexts.Network => Model.Model;

    ITextTokenizer IReadsTexts.ReadTokenizer => Model.Tokenizer;

    internal TextColumns Columns => batchModel.Columns;

    private protected override IBatchModel BatchModel => batchModel;

    /// <summary>Reads a column of texts and tells how well the network foresees them.</summary>
    internal TextLikelihood Judge(IDataView data, string textColumnName) => generator.Judge(new TextRowsView(data, textColumnName).Read());

    private protected override void Save(ModelArchiveWriter archive) => TextGenerationFormat.Save(this, archive);

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
            generator.Dispose();
    }
}
