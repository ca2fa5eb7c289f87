using Bdia.Core.Automata;

namespace Bdia.Core.Tests.Automata;

public class JsonShapeTests
{
    private const string Person = """
        { "type": "object", "title": "A person", "required": ["name", "age", "tags", "home"], "additionalProperties": false, "properties": {
          "name": { "type": "string", "minLength": 1, "maxLength": 3 }, "age": { "type": "integer" },
          "tags": { "type": "array", "items": { "enum": ["a", "ü", 1, null] }, "minItems": 1, "maxItems": 2 },
          "home": { "anyOf": [{ "type": "null" },
            { "type": "object", "properties": { "zip": { "type": "string", "pattern": "\\d{2}" } } }] } } }
        """;

    [Theory]
    [InlineData("""{"name":"Bo","age":7,"tags":["a"],"home":null}""", true)]
    [InlineData("""{"name":"\"é😀","age":-10,"tags":["ü",1],"home":{"zip":"01"}}""", true)]
    [InlineData("""{"name":"","age":7,"tags":["a"],"home":null}""", false)]
    [InlineData("""{"name":"Boba","age":7,"tags":["a"],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":07,"tags":["a"],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":7.5,"tags":["a"],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":7,"tags":[],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":7,"tags":["a","a","a"],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":7,"tags":["b"],"home":null}""", false)]
    [InlineData("""{"name":"Bo","age":7,"tags":[null],"home":{"zip":"012"}}""", false)]
    [InlineData("""{"age":7,"name":"Bo","tags":["a"],"home":null}""", false)]
    [InlineData("""{"name":"Bo", "age":7,"tags":["a"],"home":null}""", false)]
    public void Objects(string json, bool fits)
        => Assert.Equal(fits, PatternTests.Fits(new ByteAutomaton(JsonShapeParser.Parse(Person)), json));

    [Theory]
    [InlineData("""{ "type": "number" }""", new[] { "0", "-1.5", "12e3", "1E-07", "0.0" }, new[] { "", "01", "1.", ".5", "+1", "1e" })]
    [InlineData("""{ "type": "boolean" }""", new[] { "true", "false" }, new[] { "True", "null" })]
    [InlineData("""{ "const": { "a": [1, "x"] } }""", new[] { """{"a":[1,"x"]}""" }, new[] { """{"a": [1,"x"]}""" })]
    [InlineData("""{ "type": "array", "items": { "type": "null" }, "maxItems": 0 }""", new[] { "[]" }, new[] { "[null]" })]
    [InlineData("""{ "type": "array", "items": { "type": "null" } }""", new[] { "[]", "[null]", "[null,null,null]" }, new[] { "[null,]" })]
    [InlineData("""{ "type": "string" }""", new[] { "\"\"", "\"a\\n\\\"\"" }, new[] { "\"\n\"", "\"\\x\"", "\"a", "\"\"\"" })]
    [InlineData("""{ "type": "string", "pattern": ".*" }""", new[] { "\"abc\"" }, new[] { "\"a\"b\"", "\"\\n\"" })]
    [InlineData("""{ "type": "object" }""", new[] { "{}" }, new[] { """{"a":1}""" })]
    public void Values(string shape, string[] fit, string[] fitNot)
    {
        var automaton = new ByteAutomaton(JsonShapeParser.Parse(shape));
        Assert.All(fit, json => Assert.True(PatternTests.Fits(automaton, json), json));
        Assert.All(fitNot, json => Assert.False(PatternTests.Fits(automaton, json), json));
    }

    [Theory]
    [InlineData("nothing", "no JSON")]
    [InlineData("[]", "the shape is Array and no object")]
    [InlineData("{}", "no 'type'")]
    [InlineData("""{ "type": ["string", "null"] }""", "no 'type' that is one name")]
    [InlineData("""{ "type": "text" }""", "the type 'text'")]
    [InlineData("""{ "$ref": "#" }""", "no 'type'")]
    [InlineData("""{ "type": "integer", "minimum": 3 }""", "'minimum', which is not understood")]
    [InlineData("""{ "type": "string", "format": "date" }""", "'format', which is not understood")]
    [InlineData("""{ "type": "array" }""", "an array without 'items'")]
    [InlineData("""{ "type": "object", "properties": { "a": { "type": "null" } }, "required": [] }""", "'required' that does not name all")]
    [InlineData("""{ "type": "object", "additionalProperties": true }""", "'additionalProperties', which may be false alone")]
    [InlineData("""{ "type": "string", "pattern": "\"" }""", "a pattern that needs a quote")]
    [InlineData("""{ "type": "string", "minLength": 3, "maxLength": 2 }""", "fewer characters at most than at least")]
    [InlineData("""{ "enum": [] }""", "'enum' that is no array of values")]
    public void What_is_not_understood_is_refused_with_what_and_where(string shape, string words)
        => Assert.Contains(words, Assert.Throws<FormatException>(() => JsonShapeParser.Parse(shape)).Message, StringComparison.Ordinal);
}
