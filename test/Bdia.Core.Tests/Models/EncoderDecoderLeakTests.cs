using Bdia.Core.Models;
using Bdia.Core.Reversible;
using static Bdia.Core.Tests.Models.SmallNetworks;
using static TorchSharp.torch;

namespace Bdia.Core.Tests.Models;

[Collection("Alone")] // counts live tensors of the whole process
public class EncoderDecoderLeakTests
{
    [Theory]
    [InlineData(BackpropagationMode.Reversible)]
    [InlineData(BackpropagationMode.StoreActivations)]
    [InlineData(BackpropagationMode.Checkpointed)]
    public void A_training_step_leaves_no_tensor_behind(BackpropagationMode mode)
    {
        using var model = new EncoderDecoder(Small with { Dropout = 0.1, Stack = new() { Mode = mode } }, 1);
        LiveTensors.AssertKept(10, () =>
        {
            using var scope = NewDisposeScope();
            model.Project(model.Decode(Target, model.Encode(Source), Source)).logsumexp(-1).sum().backward();
            model.zero_grad();
        });
    }

    [Fact]
    public void Decoding_leaves_no_tensor_behind_even_without_a_scope_of_the_callers()
    {
        using var model = new EncoderDecoder(Small, 1);
        model.eval();
        using var source = Source;
        using var ids = tensor(new long[] { 1, 2, 3 });
        using var rows = tensor(new long[] { 2, 1, 1 });
        LiveTensors.AssertKept(10, () =>
        {
            using var state = model.Begin(source);
            for (var t = 0; t < 20; t++)
            {
                using var logits = model.Next(ids, state);
                state.Select(rows);
            }
        });
    }
}
