using System.Reflection;
using System.Text.RegularExpressions;
using Bdia.Core.Distributed;
using Bdia.Core.Reversible;
using Microsoft.ML;

namespace Bdia.MLNet.Tests.Trainers;

/// <summary>Every option of every trainer, set to what it cannot be, is refused in words that its user has typed or knows.</summary>
public partial class OptionMessageTests
{
    // Options that take any value of their type.
    private static readonly string[] withoutWrongValue =
    [
        nameof(BdiaTrainerOptions.ValidationSet), nameof(BdiaTrainerOptions.Progress),
            nameof(BdiaTrainerOptions.CancellationToken), nameof(BdiaTrainerOptions.Seed),
        nameof(BdiaSequenceToSequenceTrainer.Options.SourceTokenizer), nameof(BdiaSequenceToSequenceTrainer.Options.TargetTokenizer),
        nameof(BdiaSequenceToSequenceTrainer.Options.Normalization), nameof(BdiaTextClassificationTrainer.Options.Tokenizer),
        nameof(BdiaTextClassificationTrainer.Options.InitialWeights), // has tests of its own
        nameof(BdiaTextClassificationTrainer.Options.Sentence2ColumnName), // none is one; an empty one has a test of its own
        nameof(BdiaImageClassificationTrainer.Options.InitialWeights),
    ];

    // Types of ours that users of ML.NET write.
    private static readonly HashSet<string> typed =
    [
        .. new[]
            {
                typeof(BdiaImageClassificationTrainer.Options), typeof(BdiaSequenceToSequenceTrainer.Options),
                typeof(BdiaTextClassificationTrainer.Options), typeof(BdiaTextGenerationTrainer.Options),
            }
            .SelectMany(options => options.GetFields())
            .SelectMany(field => Names(field.Name, Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType)),
    ];

    // A value of an enum may be called as a type of ours is: AdamW.
    private static IEnumerable<string> Names(string field, Type type)
        => [field, type.Name, .. type.IsEnum ? Enum.GetNames(type) : []];

    private static readonly HashSet<string> ours =
    [
        .. new[] { typeof(BdiaStack).Assembly, typeof(BdiaTrainerOptions).Assembly }.SelectMany(assembly => assembly.GetTypes())
            .Select(type => type.Name).Where(name => !typed.Contains(name)),
    ];

    public static TheoryData<string> ImageOptions => Options<BdiaImageClassificationTrainer.Options>();

    public static TheoryData<string> TextOptions => Options<BdiaSequenceToSequenceTrainer.Options>();

    public static TheoryData<string> ClassifiedTextOptions => Options<BdiaTextClassificationTrainer.Options>();

    [Theory]
    [MemberData(nameof(ClassifiedTextOptions))]
    public void Training_a_classifier_of_texts_names_the_option_as_it_is_typed_and_speaks_of_no_image(string name)
    {
        var message = Refusal(new BdiaTextClassificationTrainer.Options(), name,
            options => new MLContext(1).MulticlassClassification.Trainers.BdiaTextClassification(options));
        Assert.DoesNotMatch(WordOfImages(), message);
        AssertKnown(name, message);
    }

    [Theory]
    [MemberData(nameof(ImageOptions))]
    public void Training_on_images_names_the_option_as_it_is_typed_and_speaks_of_no_text(string name)
    {
        var message = Refusal(new BdiaImageClassificationTrainer.Options(), name,
            options => new MLContext(1).MulticlassClassification.Trainers.BdiaImageClassification(options));
        Assert.DoesNotMatch(WordOfTexts(), message);
        AssertKnown(name, message);
    }

    [Theory]
    [MemberData(nameof(TextOptions))]
    public void Training_on_texts_names_the_option_as_it_is_typed_and_speaks_of_no_image(string name)
    {
        var message = Refusal(new BdiaSequenceToSequenceTrainer.Options(), name,
            options => new MLContext(1).SequenceToSequence.Trainers.Bdia(options));
        Assert.DoesNotMatch(WordOfImages(), message);
        AssertKnown(name, message);
    }

    public static TheoryData<string> GenerationOptions => Options<BdiaTextGenerationTrainer.Options>();

    [Theory]
    [MemberData(nameof(GenerationOptions))]
    public void Training_a_generator_names_the_option_as_it_is_typed_and_speaks_of_no_image(string name)
    {
        var message = Refusal(new BdiaTextGenerationTrainer.Options(), name,
            options => new MLContext(1).TextGeneration.Trainers.Bdia(options));
        Assert.DoesNotMatch(WordOfImages(), message);
        AssertKnown(name, message);
    }

    private static TheoryData<string> Options<T>()
        => [.. typeof(T).GetFields().Where(field => field.FieldType != typeof(bool) && field.FieldType != typeof(bool?))
            .Select(field => field.Name).Except(withoutWrongValue)];

    private static string Refusal<T>(T options, string name, Action<T> make)
    {
        var field = typeof(T).GetField(name)!;
        field.SetValue(options, Wrong(field));
        return Assert.ThrowsAny<ArgumentException>(() => make(options)).Message;
    }

    private static void AssertKnown(string name, string message)
    {
        Assert.Matches($@"\b{name}\b", message);
        Assert.DoesNotContain(CamelWord().Matches(message).Select(match => match.Value), ours.Contains);
    }

    private static object? Wrong(FieldInfo field)
    {
        var type = Nullable.GetUnderlyingType(field.FieldType) ?? field.FieldType;
        if (type == typeof(string)) return field.Name.EndsWith("ColumnName", StringComparison.Ordinal) ? ""
            : field.Name == nameof(BdiaTrainerOptions.CheckpointDirectory) ? " " : "no such thing";
        if (type == typeof(int)) return -1;
        if (type == typeof(long)) return -1L;
        if (type == typeof(double)) return double.NaN;
        if (type == typeof(float[])) return new[] { 1f, -1 };
        if (type == typeof(TimeSpan)) return TimeSpan.FromSeconds(-1);
        if (type == typeof(System.Drawing.Color)) return System.Drawing.Color.Transparent;
        if (type.IsEnum) return Enum.ToObject(type, 99);
        if (type == typeof(GammaSchedule)) return GammaSchedule.Weight(0.6); // has no exact inverse, and Mode is Reversible
        if (type == typeof(DistributedOptions)) return new DistributedOptions { Parts = 3 };
        Assert.False(type.IsValueType, $"say what a wrong {type} is");
        return null;
    }

    [GeneratedRegex(@"\b([Tt]exts?|[Tt]okens?|[Ss]entences?|[Tt]ranslat\w*)\b")]
    private static partial Regex WordOfTexts();

    [GeneratedRegex(@"\b([Ii]mages?|[Pp]ictures?|[Pp]ixels?)\b")]
    private static partial Regex WordOfImages();

    [GeneratedRegex(@"\b[A-Z][a-z0-9]+[A-Z]\w*\b")]
    private static partial Regex CamelWord();
}
