namespace Bdia.Core.Training;

/// <summary>The numbers of one step, the same for every element of a parameter.</summary>
/// <param name="GradientScale">Factor of the gradient.</param>
/// <param name="Beta1">Memory of the gradient.</param>
/// <param name="Gain1">1 - Beta1.</param>
/// <param name="Beta2">Memory of the squared gradient.</param>
/// <param name="Gain2">1 - Beta2.</param>
/// <param name="Keep">1 - learning rate * weight decay.</param>
/// <param name="StepSize">Learning rate over the first moment's bias correction.</param>
/// <param name="RootCorrection">One over the root of the second moment's bias correction.</param>
/// <param name="Epsilon">Added to the denominator.</param>
/// <param name="Decay">Learning rate * weight decay, before rounding.</param>
/// <param name="Rate">StepSize before rounding.</param>
/// <param name="LearningRate">Of Muon's steps.</param>
/// <param name="Momentum">Of Muon's steps.</param>
/// <param name="Number">Of the step, from 1.</param>
internal readonly record struct AdamWStep(
    float GradientScale, float Beta1, float Gain1, float Beta2, float Gain2, float Keep, float StepSize,
        float RootCorrection, float Epsilon, double Decay, double Rate,
            double LearningRate, double Momentum, long Number)
{
    /// <summary>The step of a parameter.</summary>
    public AdamWStep For(AdamWSlot slot)
    {
        // Without a scale the very same numbers.
        var scaled = slot.RateScale == 1 ? this
            : this with { Keep = (float)(1 - slot.RateScale * Decay), StepSize = (float)(slot.RateScale * Rate) };
        return slot.Decays ? scaled : scaled with { Keep = 1 };
    }
}
