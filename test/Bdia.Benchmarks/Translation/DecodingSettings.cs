using Bdia.Core.Models;

namespace Bdia.Benchmarks.Translation;

/// <summary>One contender of decoding: a batch of random inputs of a random network, each output as long as it may be.</summary>
/// <param name="Preset">The network.</param>
/// <param name="Vocabulary">Ids of source and target.</param>
/// <param name="Tokens">Of each input and of each output.</param>
/// <param name="Batch">Inputs decoded together.</param>
/// <param name="BeamSize">Hypotheses followed for each; 1 is greedy.</param>
/// <param name="UseCache">Whether keys and values of earlier positions are kept.</param>
/// <param name="Calls">Timed calls, after three seconds of calls that are not.</param>
internal sealed record DecodingSettings(EncoderDecoderPreset Preset, int Vocabulary, int Tokens, int Batch,
    int BeamSize, bool UseCache, int Calls)
{
    public override string ToString()
        => $"{Preset}, {(BeamSize == 1 ? "greedy" : $"beam {BeamSize}")}, batch {Batch}, {(UseCache ? "cache" : "no cache")}";
}

/// <summary>What one process measured.</summary>
/// <param name="SecondsPerCall">Median over its calls.</param>
/// <param name="IdleBytes">Resident with the network, before the first call.</param>
/// <param name="PeakBytes">Resident peak as the operating system saw it.</param>
/// <param name="Parameters">Weights.</param>
internal sealed record DecodingFigures(double SecondsPerCall, long IdleBytes, long PeakBytes, long Parameters);
