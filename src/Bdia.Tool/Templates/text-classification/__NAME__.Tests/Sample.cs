using System.Net.Http.Json;
using __NAME___Model;

namespace __NAME___Tests;

/// <summary>A row of the test data, and what the model made of it when it was trained.</summary>
internal static class Sample
{
    public static string Text => __TEXT__;

    /// <summary>What the model made of it when it was trained; empty where nobody has looked yet.</summary>
    public static string Predicted => __PREDICTED__;

    /// <summary>What the answer is called in JSON.</summary>
    public const string AnswerProperty = "predictedLabel";

    /// <summary>Whether it is what the model made of the sample when it was trained; any answer where that is empty.</summary>
    public static bool Agrees(string answer) => Predicted.Length == 0 ? answer.Length > 0 : answer == Predicted;

    public static __NAME__.ModelInput Input() => new() { Text = Text };

    public static string Answer(__NAME__.ModelOutput output) => output.PredictedLabel;

    public static HttpContent Request() => JsonContent.Create(new { text = Text });

    public static HttpContent BadRequest() => new StringContent("[1, 2", null, "application/json");

    /// <summary>Something for the batch program: a table with this sample and with an empty row.</summary>
    public static string BatchInput(string folder)
    {
        var path = Path.Combine(folder, "in.jsonl");
        File.WriteAllLines(path, [System.Text.Json.JsonSerializer.Serialize(new { Text = Text }), "{ \"Text\": \"\" }"]);
        return path;
    }
}
