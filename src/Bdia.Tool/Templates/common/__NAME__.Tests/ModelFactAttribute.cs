using __NAME___Model;

namespace __NAME___Tests;

/// <summary>A test that asks the model; it is left out where none has been trained yet.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class ModelFactAttribute : FactAttribute
{
    public ModelFactAttribute()
    {
        if (!File.Exists(__NAME__.ModelPath)) Skip = $"There is no {__NAME__.ModelPath} yet: the README tells how to train it.";
    }
}
