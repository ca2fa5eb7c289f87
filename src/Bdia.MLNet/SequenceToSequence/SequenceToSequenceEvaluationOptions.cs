using Bdia.Core.Metrics;
using Bdia.Core.Text;

namespace Bdia.MLNet;

/// <summary>How predicted texts are compared with their references. The defaults of BLEU and chrF are sacreBLEU's.</summary>
public sealed record SequenceToSequenceEvaluationOptions
{
    /// <summary>How BLEU is computed: tokeniser, lower case. Default 13a, case kept.</summary>
    public BleuOptions Bleu { get; init; } = new();

    /// <summary>How chrF is computed: word n-grams (2 makes it chrF++), lower case. Default no words, case kept.</summary>
    public ChrfOptions Chrf { get; init; } = new();

    /// <summary>
    /// What is done to references first. Null, the default, does what the model did to its targets in training, which the column of
    /// predictions knows as long as it comes from a model, and nothing where it does not know: a model can only write normalised text, so
    /// that a reference with two spaces, or with capitals where the model has lower case, could never be met. <c>new TextNormalization {
    /// CollapseWhiteSpace = false }</c> leaves references as they are.
    /// </summary>
    public TextNormalization? ReferenceNormalization { get; init; }

    /// <summary>Checks every option.</summary>
    /// <exception cref="ArgumentException">An option is null or out of range.</exception>
    internal void Validate()
    {
        if (Bleu is null || Chrf is null)
            throw new ArgumentException($"{(Bleu is null ? nameof(Bleu) : nameof(Chrf))} is null; it must be set.");
        Bleu.Validate();
        Chrf.Validate();
    }
}
