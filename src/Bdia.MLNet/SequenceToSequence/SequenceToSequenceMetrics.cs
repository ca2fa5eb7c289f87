using Bdia.Core.Metrics;

namespace Bdia.MLNet;

/// <summary>How close predicted texts come to their references, over all rows. The figures equal sacreBLEU's.</summary>
public sealed class SequenceToSequenceMetrics
{
    internal SequenceToSequenceMetrics(BleuScore bleu, ChrfScore chrf, double exactMatch, long rowCount, long rowsWithoutReference)
    {
        Bleu = bleu.Score;
        BleuSignature = bleu.Signature;
        Precisions = bleu.Precisions;
        BrevityPenalty = bleu.BrevityPenalty;
        HypothesisLength = bleu.HypothesisLength;
        ReferenceLength = bleu.ReferenceLength;
        Chrf = chrf.Score;
        ChrfSignature = chrf.Signature;
        ExactMatch = exactMatch;
        RowCount = rowCount;
        RowsWithoutReference = rowsWithoutReference;
    }

    /// <summary>
    /// BLEU of the whole corpus (Papineni et al., 2002), 0..100: exponential smoothing; 13a tokenisation and case kept unless the options
    /// say otherwise. 0 where no prediction has four words in a row of a reference.
    /// </summary>
    public double Bleu { get; }

    /// <summary>How <see cref="Bleu"/> was computed, in sacreBLEU's notation.</summary>
    public string BleuSignature { get; }

    /// <summary>
    /// chrF of the whole corpus (Popović, 2015), 0..100: character 6-grams, beta 2; with word n-grams where the options ask for them
    /// (chrF++).
    /// </summary>
    public double Chrf { get; }

    /// <summary>How <see cref="Chrf"/> was computed, in sacreBLEU's notation.</summary>
    public string ChrfSignature { get; }

    /// <summary>BLEU's precisions of 1- to 4-grams, 0..100.</summary>
    public IReadOnlyList<double> Precisions { get; }

    /// <summary>BLEU's penalty for predictions that are shorter than their references, 0..1; 1 is none.</summary>
    public double BrevityPenalty { get; }

    /// <summary>Tokens of all predictions, as BLEU counts them.</summary>
    public long HypothesisLength { get; }

    /// <summary>Tokens of all references, as BLEU counts them: for each row those of the reference closest in length.</summary>
    public long ReferenceLength { get; }

    /// <summary>
    /// Share of rows whose prediction is one of its references, normalised as the model's targets were, character by character, white space
    /// at the ends left aside, 0..1.
    /// </summary>
    public double ExactMatch { get; }

    /// <summary>Rows that were compared.</summary>
    public long RowCount { get; }

    /// <summary>Rows that were left out because none of their references holds any text.</summary>
    public long RowsWithoutReference { get; }
}
