using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Text;
using Bdia.Core.Training;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Core.TextGeneration;

/// <summary>How well a language model foresees texts.</summary>
internal static class WindowLoss
{
    /// <summary>
    /// States (N, D) of the positions that have an output, and of those alone: the output product is the largest of a small network.
    /// </summary>
    public static Tensor States(LanguageModel model, WindowBatch batch, Device device)
    {
        var states = model.Read(batch.Ids.to(device));      // (B, T, D)
        var flat = states.reshape(-1, model.Options.Width); // (B * T, D)
        return batch.Positions is { } positions ? flat.index_select(0, positions.to(device)) : flat;
    }

    /// <summary>
    /// Loss and correct tokens of texts, batch by batch. Texts are cut into windows from their beginnings; the first token of a window is
    /// foreseen from the one before it.
    /// </summary>
    /// <param name="model">The network, in evaluation mode.</param>
    /// <param name="texts">As ids with end token.</param>
    /// <param name="window">Tokens of a window.</param>
    /// <param name="tokensPerBatch">Tokens of a batch.</param>
    /// <param name="device">Where the network is.</param>
    /// <param name="betweenBatches">Called before each batch.</param>
    /// <param name="shared">Where several ranks judge, what tells which batches are this one's.</param>
    public static IEnumerable<(double Loss, int Tokens, long Correct)> Sums(LanguageModel model, TokenStore texts, int window,
        int tokensPerBatch, Device device, Action betweenBatches, SharedValidation? shared = null)
    {
        var parts = new WindowPlan(texts, window, tokensPerBatch, seed: 0).InOrder();
        foreach (var part in shared?.Own(parts) ?? parts)
        {
            betweenBatches();
            using var noGradients = no_grad();
            using var scope = NewDisposeScope();
            using var batch = WindowBatch.Of(texts, part.Windows, part.Longest);
            var (sum, correct) = OutputLoss.Sum(States(model, batch, device), model.Output, batch.Outputs,
                SpecialTokens.Padding);
            yield return (sum, batch.Outputs.Length, correct);
        }
    }
}
