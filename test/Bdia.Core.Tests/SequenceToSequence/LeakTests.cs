using Bdia.Core.Models;
using Bdia.Core.Operations;
using Bdia.Core.Tensors;
using Bdia.Core.Text;
using Bdia.Core.Training;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.SequenceToSequence;

[Collection("Alone")]
public class LeakTests
{
    [Fact]
    public void A_step_leaves_no_tensor_behind_once_the_next_has_begun()
    {
        using var model = new EncoderDecoder(TranslationTaskTests.Tiny, seed: 4);
        using var task = TranslationTaskTests.Task(model, new TrainingOptions { LabelSmoothing = 0.1 });
        using var batch = TranslationTaskTests.Batch();
        LiveTensors.AssertKept(10, () =>
        {
            using var scope = NewDisposeScope();
            task.Loss(batch).Loss.backward();
            model.zero_grad();
        });
    }

    [Fact]
    public void Disposing_a_loss_frees_the_memory_of_the_logits()
    {
        using var leaf = zeros(3, 11).requires_grad_(true);
        var memory = new List<Tensor>();
        LiveTensors.AssertKept(10, () =>
        {
            using var scope = NewDisposeScope();
            var logits = leaf.Times(1);
            using (var loss = CrossEntropy.Mean(logits, [1, 2, 3], SpecialTokens.Padding, 0.1)) loss.Value.backward();
            memory.Add(logits);
        });
        Assert.All(memory, logits => Assert.True(logits.IsInvalid));
    }
}
