using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Bdia.Core.Formats;
using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Core.Reversible;

namespace Bdia.Core.Tests.ImageClassification;

/// <summary>Options read by name against what JsonSerializer wrote of them: no option may be forgotten, now or when one is added.</summary>
public class VisionTransformerJsonTests
{
    private static readonly JsonSerializerOptions Written = new() { Converters = { new JsonStringEnumConverter() } };

    [Fact]
    public void Every_option_of_a_network_comes_back()
        => Assert.All(Changes(new VisionTransformerOptions()),
            changed => Assert.Equal(changed, Read(JsonSerializer.Serialize(changed, Written))));

    [Fact]
    public void Every_option_of_its_stack_comes_back()
        => Assert.All(Changes(new BdiaStackOptions()), stack =>
        {
            var changed = new VisionTransformerOptions { Stack = stack };
            Assert.Equal(changed, Read(JsonSerializer.Serialize(changed, Written)));
        });

    [Fact]
    public void What_is_missing_has_its_default_and_what_nobody_knows_is_passed_over()
    {
        Assert.Equal(new(), Read("{}"));
        Assert.Equal(new() { Width = 12 }, Read("""{"Width": 12, "Stack": {}, "Later": {"a": [1]}}"""));
    }

    [Theory]
    [InlineData("""[]""", "an object")]
    [InlineData("""{"Width": "12"}""", "'Width' must be a whole number")]
    [InlineData("""{"Width": 1.5}""", "'Width' must be a whole number")]
    [InlineData("""{"Width": null}""", "'Width' must be a whole number")]
    [InlineData("""{"Width": 3000000000}""", "'Width' must be a whole number")]
    [InlineData("""{"Dropout": true}""", "'Dropout' must be a number")]
    [InlineData("""{"LayerScale": 1}""", "'LayerScale' must be true or false")]
    [InlineData("""{"Pooling": "Neither"}""", "'Pooling' must be one of ClassToken, Average")]
    [InlineData("""{"Pooling": null}""", "'Pooling' must be text")]
    [InlineData("""{"Stack": 1}""", "'Stack' must be an object")]
    [InlineData("""{"Stack": null}""", "'Stack' must be an object")]
    [InlineData("""{"Stack": {"Gamma": null}}""", "'Gamma' must be text")]
    public void What_is_of_another_kind_is_named(string json, string message)
        => Assert.Contains(message, Assert.Throws<JsonException>(() => Read(json)).Message, StringComparison.Ordinal);

    [Fact]
    public void A_schedule_that_is_none_is_refused() => Assert.Throws<FormatException>(() => Read("""{"Stack": {"Gamma": "?"}}"""));

    private static VisionTransformerOptions Read(string json)
    {
        using var document = JsonDocument.Parse(json);
        return VisionTransformerJson.Read(new JsonFields(document.RootElement));
    }

    // Options that differ from the usual ones in one property each, of all that are written.
    private static IEnumerable<T> Changes<T>(T usual) where T : class
    {
        foreach (var property in typeof(T).GetProperties().Where(property => property.SetMethod is { IsPublic: true }
            && property.GetCustomAttribute<JsonIgnoreAttribute>() is not { Condition: JsonIgnoreCondition.Always }))
        {
            var changed = (T)typeof(T).GetMethod("<Clone>$")!.Invoke(usual, null)!;
            property.SetValue(changed, Other(property.PropertyType, property.GetValue(usual)));
            yield return changed;
        }
    }

    private static object Other(Type type, object? value) => value switch
    {
        int number => number + 1,
        bool flag => !flag,
        Enum choice => Enum.GetValues(type).Cast<object>().First(other => !other.Equals(choice)),
        GammaSchedule => GammaSchedule.Exponent(3),
        BdiaStackOptions stack => stack with { FractionBits = stack.FractionBits + 1 },
        double or null => 0.25,
        _ => throw new InvalidOperationException($"No other value is known of {type}."),
    };
}
