using System.Text;
using __NAME___Model;

namespace __NAME___Tests;

/// <summary>A row of the test data, and what the model made of it when it was trained.</summary>
internal static class Sample
{
    public static byte[] Bytes { get; } = File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "sample.bin"));

    /// <summary>What the model made of it when it was trained; empty where nobody has looked yet.</summary>
    public static string Predicted => __PREDICTED__;

    /// <summary>What the answer is called in JSON.</summary>
    public const string AnswerProperty = "predictedLabel";

    /// <summary>Whether it is what the model made of the sample when it was trained; any answer where that is empty.</summary>
    public static bool Agrees(string answer) => Predicted.Length == 0 ? answer.Length > 0 : answer == Predicted;

    public static __NAME__.ModelInput Input() => new() { ImageSource = Bytes };

    public static string Answer(__NAME__.ModelOutput output) => output.PredictedLabel;

    public static HttpContent Request() => new ByteArrayContent(Bytes) { Headers = { { "Content-Type", "application/octet-stream" } } };

    public static HttpContent BadRequest() => new ByteArrayContent(Encoding.UTF8.GetBytes("no picture"));

    /// <summary>Something for the batch program: a folder with this sample and with something that is none.</summary>
    public static string BatchInput(string folder)
    {
        File.WriteAllBytes(Path.Combine(folder, "a.png"), Bytes);
        File.WriteAllText(Path.Combine(folder, "b.png"), "no picture");
        return folder;
    }
}
