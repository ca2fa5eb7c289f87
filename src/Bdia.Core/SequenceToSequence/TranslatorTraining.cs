using Bdia.Core.Models;
using Bdia.Core.Training;
using TorchSharp;

namespace Bdia.Core.SequenceToSequence;

/// <summary>Trains an encoder-decoder on text pairs, from rows to a translator.</summary>
public static class TranslatorTraining
{
    /// <summary>model's vocabularies are ignored and set from the tokenizers.</summary>
    public static Translator Run(
        EncoderDecoderOptions model, TrainingOptions training, SequenceTrainingOptions sequences, ITextPairs train, ITextPairs? validation = null,
        torch.Device? device = null, IProgress<TrainingProgress>? progress = null, IProgress<string>? notes = null, Func<bool>? stopProbe = null, CancellationToken cancellation = default)
        => throw new NotImplementedException();
}
