using Bdia.Core.Formats;
using Bdia.Core.Models;
using Bdia.Core.Reversible;

namespace Bdia.Core.ImageClassification;

/// <summary>Reads the options of a network where they stand in JSON as JsonSerializer writes them.</summary>
internal static class VisionTransformerJson
{
    /// <summary>The options, not validated; a part that is missing has its default.</summary>
    /// <exception cref="System.Text.Json.JsonException">A value is of another kind.</exception>
    /// <exception cref="FormatException">The schedule of gamma is none.</exception>
    public static VisionTransformerOptions Read(JsonFields json)
    {
        var usual = new VisionTransformerOptions();
        return new()
        {
            ImageHeight = json.Integer(nameof(usual.ImageHeight), usual.ImageHeight),
            ImageWidth = json.Integer(nameof(usual.ImageWidth), usual.ImageWidth),
            Channels = json.Integer(nameof(usual.Channels), usual.Channels),
            Classes = json.Integer(nameof(usual.Classes), usual.Classes),
            PatchSize = json.Integer(nameof(usual.PatchSize), usual.PatchSize),
            Width = json.Integer(nameof(usual.Width), usual.Width),
            Depth = json.Integer(nameof(usual.Depth), usual.Depth),
            Heads = json.Integer(nameof(usual.Heads), usual.Heads),
            FeedForwardWidth = json.Integer(nameof(usual.FeedForwardWidth), usual.FeedForwardWidth),
            Dropout = json.Number(nameof(usual.Dropout), usual.Dropout),
            StochasticDepth = json.Number(nameof(usual.StochasticDepth), usual.StochasticDepth),
            Pooling = json.Choice(nameof(usual.Pooling), usual.Pooling),
            RegisterTokens = json.Integer(nameof(usual.RegisterTokens), usual.RegisterTokens),
            PositionsOfPatches = json.Flag(nameof(usual.PositionsOfPatches), usual.PositionsOfPatches),
            PreNorm = json.Flag(nameof(usual.PreNorm), usual.PreNorm),
            QueryKeyNorm = json.Flag(nameof(usual.QueryKeyNorm), usual.QueryKeyNorm),
            LayerScale = json.Flag(nameof(usual.LayerScale), usual.LayerScale),
            OmitQueryKeyValueBias = json.Flag(nameof(usual.OmitQueryKeyValueBias), usual.OmitQueryKeyValueBias),
            NormEpsilon = json.NumberOrNull(nameof(usual.NormEpsilon)),
            FrozenBlocks = json.Integer(nameof(usual.FrozenBlocks), usual.FrozenBlocks),
            Precision = json.Choice(nameof(usual.Precision), usual.Precision),
            Stack = json.Part(nameof(usual.Stack)) is { } stack ? Read(stack, usual.Stack) : usual.Stack,
        };
    }

    private static BdiaStackOptions Read(JsonFields json, BdiaStackOptions usual) => new()
    {
        Mode = json.Choice(nameof(usual.Mode), usual.Mode),
        FractionBits = json.Integer(nameof(usual.FractionBits), usual.FractionBits),
        Gamma = json.Text(nameof(usual.Gamma)) is { } gamma ? GammaSchedule.Parse(gamma) : usual.Gamma,
        Quantize = json.Flag(nameof(usual.Quantize), usual.Quantize),
        Audit = json.Flag(nameof(usual.Audit), usual.Audit),
        InferenceGamma = json.Number(nameof(usual.InferenceGamma), usual.InferenceGamma),
    };
}
