namespace Bdia.Benchmarks.Language;

/// <summary>One training run of a language model on little text.</summary>
/// <param name="Method">What is trained.</param>
/// <param name="Seed">Of weights, order, dropout and γ.</param>
/// <param name="Data">The text file.</param>
/// <param name="Characters">Characters to learn from, the first of the file.</param>
/// <param name="HeldOut">Characters to validate on, those that follow.</param>
/// <param name="Width">Features per token.</param>
/// <param name="Depth">Blocks.</param>
/// <param name="Heads">Attention heads.</param>
/// <param name="Window">Characters that are read at once.</param>
/// <param name="TokensPerBatch">Characters of a step.</param>
/// <param name="Epochs">Passes over the text; every one is validated.</param>
/// <param name="LearningRate">Constant but for a short rise, so that nothing but the method ends overfitting.</param>
internal sealed record LanguageSettings(LanguageMethod Method, int Seed, string Data, int Characters, int HeldOut, int Width, int Depth,
    int Heads, int Window, int TokensPerBatch, int Epochs, double LearningRate);

/// <summary>How a language model is kept from learning its text by heart.</summary>
internal enum LanguageMethod
{
    /// <summary>Not at all: stored activations, no grid, no dropout.</summary>
    Plain,

    /// <summary>The same with dropout of 0.1.</summary>
    Dropout10,

    /// <summary>The same with dropout of 0.2.</summary>
    Dropout20,

    /// <summary>The same with dropout of 0.4.</summary>
    Dropout40,

    /// <summary>BDIA with γ = ±1/2, reversible, no dropout.</summary>
    Bdia1,

    /// <summary>BDIA with γ = ±1/2, reversible, and dropout of 0.1.</summary>
    Bdia1Dropout10,

    /// <summary>BDIA with γ = ±1/32, the default, reversible, no dropout.</summary>
    Bdia5,

    /// <summary>BDIA with γ = ±1/2, reversible, and dropout of 0.2.</summary>
    Bdia1Dropout20,

    /// <summary>γ of a drawn size as well as a drawn sign, ±1/16 to ±1, reversible.</summary>
    RandomSize,

    /// <summary>The same with dropout of 0.1.</summary>
    RandomSizeDropout10,

    /// <summary>The schedule that looks at the run.</summary>
    Automatic,

    /// <summary>The same with dropout of 0.2.</summary>
    AutomaticDropout20,
}

/// <summary>What a run came to.</summary>
/// <param name="StepsPerEpoch">Steps of an epoch, about.</param>
/// <param name="Training">Training loss of each epoch, per character, as it was while training.</param>
/// <param name="Validation">Validation loss behind each epoch, per character.</param>
/// <param name="Weights">Of the network.</param>
/// <param name="Seconds">Of training and validation.</param>
internal sealed record LanguageFigures(int StepsPerEpoch, double[] Training, double[] Validation, long Weights, double Seconds)
{
    /// <summary>The least validation loss.</summary>
    public double Least => Validation.Min();

    /// <summary>The epoch that has it, from 1.</summary>
    public int Best => Array.IndexOf(Validation, Least) + 1;
}
