using Bdia.Core.ImageClassification;
using Bdia.Core.Models;
using Bdia.Data.Pictures;
using TorchSharp;
using static TorchSharp.torch;

namespace Bdia.Benchmarks.Regularisation;

/// <summary>Pictures that a network is judged on, as they are.</summary>
internal sealed class JudgedRows : IDisposable
{
    private const int AtOnce = 250, Bins = 15;

    private readonly Tensor pixels; // (rows, C, H, W), normalised
    private readonly long[] labels;

    public JudgedRows(IReadOnlyList<Picture> pictures, IReadOnlyList<string> classes, PixelNormalization normalization)
    {
        var size = CifarReader.Size;
        var (all, one) = (new float[pictures.Count * size.Values], new float[size.Values]);
        for (var i = 0; i < pictures.Count; i++)
        {
            for (var j = 0; j < one.Length; j++) one[j] = pictures[i].Pixels[j];
            normalization.Apply(one, all.AsSpan(i * size.Values, size.Values));
        }

        pixels = tensor(all, [pictures.Count, size.Channels, size.Height, size.Width]);
        var numbers = classes.Select((name, number) => (name, number)).ToDictionary(pair => pair.name, pair => (long)pair.number);
        labels = [.. pictures.Select(picture => numbers[picture.Class])];
    }

    public int Count => labels.Length;

    /// <summary>Judges a network, which is in evaluation mode afterwards.</summary>
    public Judgement Judge(nn.Module<Tensor, Tensor> network)
    {
        network.eval();
        return Judge(pictures => nn.functional.log_softmax(network.forward(pictures).to(float64), 1));
    }

    /// <summary>
    /// Judges what several networks say together: passes in training mode, each with weights γ of its own draw, whose probabilities are
    /// averaged. The network is in evaluation mode afterwards.
    /// </summary>
    /// <param name="network">Without dropout, so that γ alone is random.</param>
    /// <param name="passes">How many.</param>
    public Judgement JudgeTogether(VisionTransformer network, int passes)
    {
        network.train();
        var step = network.Clock.Step;
        var judgement = Judge(pictures =>
        {
            var sum = zeros([pictures.shape[0], network.Options.Classes], float64);
            for (var pass = 0; pass < passes; pass++)
            {
                network.Clock.Step = pass;
                sum += nn.functional.softmax(network.forward(pictures).to(float64), 1);
            }

            return (sum / passes).log();
        });
        network.Clock.Step = step;
        network.eval();
        return judgement;
    }

    private Judgement Judge(Func<Tensor, Tensor> logProbabilitiesOf)
    {
        using var noGraph = no_grad();
        var (loss, right) = (0.0, 0);
        var bins = new (double Confidence, int Right)[Bins];
        for (var first = 0; first < Count; first += AtOnce)
        {
            using var scope = NewDisposeScope();
            var count = Math.Min(AtOnce, Count - first);
            var logProbabilities = logProbabilitiesOf(pixels.narrow(0, first, count));
            var (most, answers) = logProbabilities.max(1);
            var (confidence, answer, table) = (most.exp().data<double>().ToArray(), answers.data<long>().ToArray(), logProbabilities);
            var own = table.gather(1, tensor(labels[first..(first + count)]).unsqueeze(1)).squeeze(1).data<double>().ToArray();
            for (var i = 0; i < count; i++)
            {
                loss -= own[i];
                var isRight = answer[i] == labels[first + i] ? 1 : 0;
                right += isRight;
                ref var bin = ref bins[Math.Min(Bins - 1, (int)(confidence[i] * Bins))];
                bin = (bin.Confidence + confidence[i], bin.Right + isRight);
            }
        }

        return new((double)right / Count, loss / Count, bins.Sum(bin => Math.Abs(bin.Confidence - bin.Right)) / Count);
    }

    public void Dispose() => pixels.Dispose();
}
