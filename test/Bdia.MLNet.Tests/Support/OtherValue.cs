using Bdia.Core.Decoding;
using Bdia.Core.Distributed;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Reversible;
using Bdia.Core.Text;
using Bdia.Core.Training;

namespace Bdia.MLNet.Tests.Support;

/// <summary>Changes options one by one, to see that each arrives where it should.</summary>
internal static class OtherValue
{
    /// <summary>A value of the type that is not <paramref name="value"/>.</summary>
    public static object Of(Type type, object? value) => value switch
    {
        bool b => !b,
        int i => i + 1,
        long l => l + 1,
        double d => d + 0.125,
        BackpropagationMode => BackpropagationMode.Checkpointed,
        ComputePrecision => ComputePrecision.BFloat16,
        VisionTransformerPreset => VisionTransformerPreset.Cifar,
        EncoderDecoderPreset => EncoderDecoderPreset.Medium,
        TextEncoderPreset => TextEncoderPreset.Medium,
        LanguageModelPreset => LanguageModelPreset.Medium,
        LearningRateSchedule => LearningRateSchedule.InverseSquareRoot,
        ModelSelection => ModelSelection.Score,
        CropFill => CropFill.Reflect,
        AugmentPolicy => AugmentPolicy.TrivialAugment,
        PixelNormalizing => PixelNormalizing.ImageNet,
        TokenLevel => TokenLevel.Character,
        TextNormalization normalization => normalization with { LowerCase = !normalization.LowerCase },
        LongTextPolicy => LongTextPolicy.Throw,
        WeightAverage => WeightAverage.Best,
        DivergencePolicy => DivergencePolicy.ReturnBest,
        MomentFormat => MomentFormat.EightBits,
        DecodingOptions decoding => decoding with { BeamSize = decoding.BeamSize + 1 },
        _ when type == typeof(GammaSchedule) => GammaSchedule.Exponent(7),
        _ when type == typeof(int?) => 2,
        _ when type == typeof(long?) => 1L << 40,
        _ when type == typeof(double?) => 0.25,
        _ when type == typeof(bool?) => false,
        _ when type == typeof(OptimizerKind?) => OptimizerKind.Muon,
        _ when type == typeof(PositionEncoding?) => PositionEncoding.Learned,
        _ when type == typeof(float[]) => new float[] { 1, 2, 3 },
        _ when type == typeof(TimeSpan?) => TimeSpan.FromMinutes(3),
        _ when type == typeof(string) => "folder",
        string[] => new[] { "<sep>" },
        _ when type == typeof(TextNormalization) => new TextNormalization { LowerCase = true, CollapseWhiteSpace = false },
        _ when type == typeof(DistributedOptions) => new DistributedOptions { Parts = 2 },
        _ when type == typeof(ITextTokenizer) => TextTokenizer.Train(["some text"], new TokenizerOptions()),
        _ => throw new NotSupportedException($"There is no other value for options of type {type}; add one here."),
    };
}
